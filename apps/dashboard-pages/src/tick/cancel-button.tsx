import { useRef, useState } from 'preact/hooks';
import { postJson } from '../server.js';

/** Asks once more, and for the reason, which the record keeps. */
export function CancelButton(props: {
  readonly tick: string;
  readonly isClosing: boolean;
  readonly csrf: string;
}) {
  const { tick, isClosing, csrf } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState('');
  const [error, setError] = useState('');
  const cancel = async (event: Event) => {
    event.preventDefault();
    try {
      await postJson(`/api/ticks/${encodeURIComponent(tick)}/cancel`, { reason }, csrf);
      dialog.current?.close();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    }
  };
  return (
    <>
      <button
        type="button"
        class="danger"
        disabled={isClosing}
        onClick={() => {
          setError('');
          dialog.current?.showModal();
        }}
      >
        {isClosing ? 'Being ended…' : 'Cancel tick'}
      </button>
      <dialog ref={dialog} aria-labelledby="cancel-title">
        <form onSubmit={(event) => void cancel(event)}>
          <h2 id="cancel-title">Cancel {tick}?</h2>
          <p>What runs on its drones is ended now. Drones that have reported keep their outcome.</p>
          <label>
            Why, for the record
            <input
              value={reason}
              maxLength={200}
              autocomplete="off"
              onInput={(event) => setReason(event.currentTarget.value)}
            />
          </label>
          {error !== '' && <p role="alert">{error}</p>}
          <div class="buttons">
            <button type="button" onClick={() => dialog.current?.close()}>
              Let it run
            </button>
            <button type="submit" class="danger">
              Cancel tick
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
}
