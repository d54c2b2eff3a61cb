/** The dashboard's own pages. */
import { render } from 'preact';
import { DronePage } from './drone/drone-page.js';
import { FleetPage } from './fleet/fleet-page.js';
import { Empty } from './frame/empty.js';
import { Frame } from './frame/frame.js';
import { SourceContext } from './hooks.js';
import { usePlace } from './route.js';
import { Source } from './server.js';
import { TickPage } from './tick/tick-page.js';
import { TicksPage } from './ticks/ticks-page.js';

function Page() {
  const { path } = usePlace();
  const [, folder, name] = /^\/(ticks|drones)\/([^/]+)$/.exec(path) ?? [];
  if (path === '/') return <FleetPage />;
  if (path === '/ticks') return <TicksPage />;
  if (folder === 'ticks') return <TickPage key={path} tick={decodeURIComponent(name ?? '')} />;
  if (folder === 'drones') return <DronePage key={path} drone={decodeURIComponent(name ?? '')} />;
  return (
    <main>
      <h1>Nothing here</h1>
      <Empty says="There is no such page." way={{ href: '/', words: 'To the fleet' }} />
    </main>
  );
}

/** Milliseconds for which what stood there while this was loaded may stay: all is drawn once, then. */
const PATIENCE_MS = 250;

const place = document.getElementById('app');
if (place !== null) {
  const source = new Source();
  await Promise.race([
    source.start(),
    new Promise((resolve) => {
      setTimeout(resolve, PATIENCE_MS);
    }),
  ]);
  document.getElementById('shell')?.remove();
  render(
    <SourceContext.Provider value={source}>
      <Frame>
        <Page />
      </Frame>
    </SourceContext.Provider>,
    place,
  );
}
