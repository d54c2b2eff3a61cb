/** The system's own Chromium, and what a page says that it must not. */
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import type * as Axe from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** A name by which the browser finds this machine, as one of a network: no loopback address to it. */
export const NETWORK_NAME = 'lab-server.example';

export async function startBrowser(): Promise<Browser> {
  // Its sandbox needs rights that containers and root do not have; the pages are ours.
  const args = ['--no-sandbox', `--host-resolver-rules=MAP ${NETWORK_NAME} 127.0.0.1`];
  return chromium.launch({ executablePath: findBrowser(), args });
}

function findBrowser(): string {
  const places = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'];
  for (const path of places.flatMap((place) => NAMES.map((name) => join(place, name)))) {
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  throw new Error('these tests need a Chromium: apt-get install chromium');
}

/** Errors of the console and of scripts, from now on. */
export function collectErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => errors.push(`${page.url()}: ${error.message}`));
  page.on('dialog', (dialog) => {
    errors.push(`${page.url()}: a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return errors;
}

const AXE = createRequire(import.meta.url)('axe-core') as typeof Axe;

/** What axe finds wrong with the page as it is, one line each. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // Evaluated by the debugger: the page's own policy would let no such script in.
  await page.evaluate(AXE.source);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof Axe };
    // Nothing but violations is asked for; what axe would load for it, the page's policy refuses.
    const { violations } = await axe.run({ resultTypes: ['violations'], preload: false });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(
        ({ target, failureSummary }) => `${id}: ${String(target)}: ${failureSummary ?? ''}`,
      ),
    );
  });
}
