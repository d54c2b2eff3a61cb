import { useLayoutEffect, useRef } from 'preact/hooks';
import { useScheme } from '../hooks.js';
import { isBadLetter, kindOfLetter } from '../outcomes.js';
import { readColours } from './paint.js';

const [HEIGHT, STEP] = [14, 4];

/** Of so many ticks, in CSS pixels. */
export function stripWidth(ticks: number): number {
  return ticks * STEP;
}

/** A drone's recent ticks, the newest on the right: bad ones are taller, so that colour says it twice. */
export function Strip({ letters }: { readonly letters: readonly string[] }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const isDark = useScheme();
  const text = letters.join('');
  const width = stripWidth(letters.length);
  useLayoutEffect(() => {
    const { current } = canvas;
    const context = current?.getContext('2d');
    if (!current || !context) return;
    const ratio = devicePixelRatio;
    current.width = width * ratio;
    current.height = HEIGHT * ratio;
    context.scale(ratio, ratio);
    const colours = readColours(current);
    for (const [index, letter] of Array.from(text).entries()) {
      const x = width - (index + 1) * STEP;
      const height = isBadLetter(letter) ? HEIGHT : HEIGHT / 2;
      const kind = kindOfLetter(letter);
      if (kind === 'none') continue;
      context.fillStyle = kind === 'open' ? colours.dim : colours.cell[kind];
      context.fillRect(x, HEIGHT - height, STEP - 1, height);
    }
  }, [text, isDark]);
  const bad = letters.filter(isBadLetter).length;
  const all = letters.filter((letter) => letter !== ' ').length;
  const says = `bad in ${String(bad)} of the last ${String(all)} ticks`;
  return (
    <canvas
      class="strip"
      ref={canvas}
      style={{ width: `${String(width)}px` }}
      role="img"
      aria-label={says}
      title={says}
    />
  );
}
