/**
 * Takes one step after the other in `count` lanes at once, until a step gives false or fails: no lane
 * begins another then. Resolves when all lanes have ended, rejects with the first failure.
 */
export async function inLanes(count: number, step: () => Promise<boolean>): Promise<void> {
  let goesOn = true;
  const failures: unknown[] = [];
  const lane = async () => {
    try {
      while (goesOn) if (!(await step())) goesOn = false;
    } catch (error) {
      goesOn = false;
      failures.push(error);
    }
  };
  await Promise.all(Array.from({ length: count }, lane));
  if (failures.length > 0) throw failures[0];
}
