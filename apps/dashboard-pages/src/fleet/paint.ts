/** Draws the part of a heat map that is in view. */
import { kindOfLetter, NONE, OFF, signOf, type Kind } from '../outcomes.js';
import { cellOf, hasNotch, isOff } from './cells.js';
import type { HeatLayout } from './heat-layout.js';
import type { Streak } from './streaks.js';

export interface Colours {
  readonly cell: Readonly<Record<Kind, string>>;
  readonly letter: Readonly<Record<Kind, string>>;
  readonly ink: string;
  readonly dim: string;
  readonly focus: string;
}

const KINDS: readonly Kind[] = ['ok', 'call', 'link', 'lost', 'other', 'open', 'none', 'off'];

export function readColours(element: Element): Colours {
  const style = getComputedStyle(element);
  const of = (name: string) => style.getPropertyValue(name).trim();
  const each = (prefix: string) =>
    Object.fromEntries(KINDS.map((kind) => [kind, of(`--${prefix}-${kind}`)])) as Record<
      Kind,
      string
    >;
  return {
    cell: each('cell'),
    letter: each('letter'),
    ink: of('--ink'),
    dim: of('--dim'),
    focus: of('--accent'),
  };
}

export interface Picture {
  readonly layout: HeatLayout;
  readonly drones: readonly number[];
  readonly names: readonly string[];
  /** Of each drone, as in `RollView`. */
  readonly health: string;
  readonly streaks: ReadonlyMap<number, Streak>;
  /** Cells of the ticks, the oldest first. */
  readonly columns: readonly string[];
  /** Places in `drones`. */
  readonly chosen: number | undefined;
  /** What is in view, from the top of the map. */
  readonly top: number;
  readonly height: number;
}

export function paint(canvas: HTMLCanvasElement, picture: Picture, colours: Colours): void {
  const { layout, drones, top, height } = picture;
  const width = canvas.clientWidth;
  const ratio = devicePixelRatio;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.setTransform(ratio, 0, 0, ratio, 0, -top * ratio);
  context.textBaseline = 'middle';
  const first = Math.max(0, Math.floor(top / layout.rowHeight));
  const last = Math.min(layout.rows, Math.ceil((top + height) / layout.rowHeight));
  const draw = layout.mode === 'cells' ? drawCells : drawHistory;
  for (let row = first; row < last; row += 1) draw(context, picture, colours, row);
  if (picture.chosen !== undefined && drones.length > 0) outline(context, picture, colours, width);
}

const LABEL_FONT = '12px system-ui, sans-serif';
/** Between a name and its first cell. */
const LABEL_GAP = 8;

type Draw = (
  context: CanvasRenderingContext2D,
  picture: Picture,
  colours: Colours,
  row: number,
) => void;

/** Each drone a cell: its last outcome; a notch where it was bad in another of its last few ticks. */
const drawCells: Draw = (context, picture, colours, row) => {
  const { layout, drones, streaks } = picture;
  const { columns, cell } = layout;
  for (let column = 0; column < columns; column += 1) {
    const drone = drones[row * columns + column];
    if (drone === undefined) return;
    const streak = streaks.get(drone);
    const [x, y] = [column * cell, row * cell];
    drawCell(context, colours, cellOf(picture, drone, streak), x, y, cell - 2, cell - 2);
    if (hasNotch(picture, drone, streak)) {
      context.fillStyle = colours.cell.call;
      context.beginPath();
      context.moveTo(x + cell - 2, y);
      context.lineTo(x + cell - 2, y + cell * 0.45);
      context.lineTo(x + cell - 2 - cell * 0.45, y);
      context.fill();
    }
  }
};

const drawHistory: Draw = (context, picture, colours, row) => {
  const { layout, drones, names, columns } = picture;
  const drone = drones[row];
  if (drone === undefined) return;
  const { cell, rowHeight, label } = layout;
  const y = row * rowHeight;
  const isDisabled = isOff(picture, drone);
  const side = rowHeight - 4;
  const room = label - LABEL_GAP - (isDisabled ? LABEL_GAP + side : 0);
  context.font = LABEL_FONT;
  context.textAlign = 'left';
  context.fillStyle = isDisabled ? colours.dim : colours.ink;
  const name = fit(context, names[drone] ?? '', room);
  context.fillText(name, 2, y + rowHeight / 2);
  if (isDisabled) {
    const x = 2 + context.measureText(name).width + LABEL_GAP;
    drawCell(context, colours, OFF, x, y + 2, side, side);
  }
  for (const [index, cells] of columns.entries()) {
    const gap = cell > 6 ? 2 : 1;
    const x = label + index * cell;
    drawCell(context, colours, cells[drone] ?? NONE, x, y + 1, cell - gap, rowHeight - 2);
  }
};

function drawCell(
  context: CanvasRenderingContext2D,
  colours: Colours,
  letter: string,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  const kind = kindOfLetter(letter);
  const isHollow = kind === 'open' || kind === 'off';
  context.fillStyle = isHollow ? colours.dim : colours.cell[kind];
  context.fillRect(x, y, width, height);
  if (isHollow) {
    context.fillStyle = colours.cell[kind];
    context.fillRect(x + 1, y + 1, width - 2, height - 2);
  }
  const sign = signOf(letter);
  if (sign === '') return;
  context.fillStyle = colours.letter[kind];
  context.font = `600 ${String(Math.min(11, width))}px system-ui, sans-serif`;
  context.textAlign = 'center';
  context.fillText(sign, x + width / 2, y + height / 2 + 0.5);
}

function outline(
  context: CanvasRenderingContext2D,
  { layout, chosen = 0 }: Picture,
  colours: Colours,
  width: number,
): void {
  const { mode, columns, cell, rowHeight } = layout;
  context.strokeStyle = colours.focus;
  context.lineWidth = 2;
  if (mode === 'history') {
    context.strokeRect(1, chosen * rowHeight + 1, width - 2, rowHeight - 2);
    return;
  }
  const [row, column] = [Math.floor(chosen / columns), chosen % columns];
  context.strokeRect(column * cell - 0.5, row * cell - 0.5, cell - 1, cell - 1);
}

/** The name, or its begin and its end, where its number stands, with as much between as there is room for. */
function fit(context: CanvasRenderingContext2D, name: string, width: number): string {
  let text = name;
  for (let kept = name.length - 1; kept > 1 && context.measureText(text).width > width; kept -= 1) {
    const end = Math.ceil(kept / 2);
    text = `${name.slice(0, kept - end)}…${name.slice(-end)}`;
  }
  return text;
}
