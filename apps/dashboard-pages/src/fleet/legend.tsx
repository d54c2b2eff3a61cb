import { Mark } from '../mark.js';

/** What colours and letters mean. */
export function Legend() {
  return (
    <p class="legend">
      <Mark kind="ok" letter="" words="ok" />
      <Mark kind="call" letter="F" words="call failed, T timed out" />
      <Mark kind="link" letter="U" words="unreachable, A auth, H host key" />
      <Mark kind="lost" letter="N" words="never started, L worker lost" />
      <Mark kind="other" letter="C" words="cancelled, Q quarantined, R rejected" />
      <Mark kind="open" letter="" words="not reported yet" />
    </p>
  );
}
