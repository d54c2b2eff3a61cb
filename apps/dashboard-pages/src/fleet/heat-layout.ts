/** Where each drone's cells lie, and which drone lies where. Pure; all lengths in CSS pixels. */
export type HeatMode = 'cells' | 'history';

export interface HeatLayout {
  readonly mode: HeatMode;
  /** Cells side by side: drones, or ticks. */
  readonly columns: number;
  readonly rows: number;
  readonly cell: number;
  readonly rowHeight: number;
  /** Room for names. */
  readonly label: number;
  readonly height: number;
}

const CELL = 16;
const SMALL_CELL = 12;
const MANY = 400;
const HISTORY_ROW = 18;
/** The least that a letter can be read in. */
const LEAST_CELL = 10;
/** Of a name's characters, about, and of what stands around it. */
const LETTER = 7;
const AROUND = 30;

/** `longest` is the length of the longest name, in characters. */
export function layOut(
  mode: HeatMode,
  width: number,
  drones: number,
  ticks: number,
  longest = 14,
): HeatLayout {
  if (mode === 'cells') {
    const cell = drones > MANY ? SMALL_CELL : CELL;
    const columns = Math.max(1, Math.floor(width / cell));
    const rows = Math.ceil(drones / columns);
    return { mode, columns, rows, cell, rowHeight: cell, label: 0, height: rows * cell };
  }
  const label = Math.round(Math.max(60, Math.min(longest * LETTER + AROUND, width * 0.45, 240)));
  const room = Math.max(LEAST_CELL, width - label);
  const cell = Math.max(LEAST_CELL, Math.min(18, Math.floor(room / Math.max(1, ticks))));
  // Where not all have room, the newest are shown.
  const columns = Math.min(ticks, Math.floor(room / cell));
  const height = drones * HISTORY_ROW;
  return { mode, columns, rows: drones, cell, rowHeight: HISTORY_ROW, label, height };
}

/** The place in the list of the drone that lies there; undefined for none. */
export function droneAt(
  { mode, columns, cell, rowHeight }: HeatLayout,
  drones: number,
  x: number,
  y: number,
): number | undefined {
  const row = Math.floor(y / rowHeight);
  const column = Math.floor(x / cell);
  if (mode === 'cells' && column >= columns) return undefined;
  const index = mode === 'cells' ? row * columns + column : row;
  return index >= 0 && index < drones ? index : undefined;
}

/** Where an arrow key leads; undefined for another key. */
export function step({ mode, columns }: HeatLayout, key: string, at: number, drones: number) {
  const across = mode === 'cells' ? columns : 1;
  const moves: Readonly<Record<string, number>> = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at - across,
    ArrowDown: at + across,
    Home: 0,
    End: drones - 1,
    PageUp: at - across * 10,
    PageDown: at + across * 10,
  };
  const to = Object.hasOwn(moves, key) ? moves[key] : undefined;
  return to === undefined ? undefined : Math.max(0, Math.min(drones - 1, to));
}
