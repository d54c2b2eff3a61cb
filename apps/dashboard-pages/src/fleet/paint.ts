/** Draws the part of a heat map that is in view. */
import { isBadLetter, kindOfLetter, type Kind } from '../outcomes.js';
import type { HeatLayout } from './heat-layout.js';
import type { Streak } from './streaks.js';

export interface Colours {
  readonly cell: Readonly<Record<Kind, string>>;
  readonly letter: Readonly<Record<Kind, string>>;
  readonly ink: string;
  readonly dim: string;
  readonly focus: string;
}

const KINDS: readonly Kind[] = ['ok', 'call', 'link', 'lost', 'other', 'open', 'none'];

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

type Draw = (
  context: CanvasRenderingContext2D,
  picture: Picture,
  colours: Colours,
  row: number,
) => void;

/** Each drone a cell: its last outcome; a notch where it was bad in another of its last few ticks. */
const drawCells: Draw = (context, { layout, drones, streaks }, colours, row) => {
  const { columns, cell } = layout;
  for (let column = 0; column < columns; column += 1) {
    const drone = drones[row * columns + column];
    if (drone === undefined) return;
    const streak = streaks.get(drone);
    const letter = streak?.letter ?? ' ';
    const [x, y] = [column * cell, row * cell];
    drawCell(context, colours, letter, x, y, cell - 2, cell - 2);
    if (!isBadLetter(letter) && (streak?.lately ?? 0) > 0) {
      context.fillStyle = colours.cell.call;
      context.beginPath();
      context.moveTo(x + cell - 2, y);
      context.lineTo(x + cell - 2, y + cell * 0.45);
      context.lineTo(x + cell - 2 - cell * 0.45, y);
      context.fill();
    }
  }
};

const drawHistory: Draw = (context, { layout, drones, names, columns }, colours, row) => {
  const drone = drones[row];
  if (drone === undefined) return;
  const { cell, rowHeight, label } = layout;
  const y = row * rowHeight;
  context.font = '12px system-ui, sans-serif';
  context.textAlign = 'left';
  context.fillStyle = colours.ink;
  context.fillText(shorten(names[drone] ?? '', label), 2, y + rowHeight / 2, label - 8);
  for (const [index, cells] of columns.entries()) {
    const gap = cell > 6 ? 2 : 1;
    const x = label + index * cell;
    drawCell(context, colours, cells[drone] ?? ' ', x, y + 1, cell - gap, rowHeight - 2);
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
  context.fillStyle = colours.cell[kind];
  context.fillRect(x, y, width, height);
  if (!isBadLetter(letter) || width < 8) return;
  context.fillStyle = colours.letter[kind];
  context.font = `600 ${String(Math.min(11, width))}px system-ui, sans-serif`;
  context.textAlign = 'center';
  context.fillText(letter, x + width / 2, y + height / 2 + 0.5);
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

function shorten(name: string, width: number): string {
  const most = Math.floor(width / 7);
  return name.length <= most ? name : `${name.slice(0, most - 1)}…`;
}
