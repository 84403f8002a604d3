/**
 * The priorities that change when the row at `from` is moved to `to`, in a list from the highest priority to the lowest.
 *
 * Between two of the same priority it gets theirs; between two others one of its own, for which those above make room.
 */
export function moved(priorities: number[], from: number, to: number): Map<number, number> {
  const changed = new Map<number, number>();
  const own = priorities[from];
  if (own === undefined || from === to || to < 0 || to >= priorities.length) return changed;
  const rest = priorities
    .map((priority, place) => ({ priority, place }))
    .filter(({ place }) => place !== from);
  const above = rest[to - 1];
  const below = rest[to];
  const wanted = between(above?.priority, below?.priority);
  if (above && below && wanted === above.priority && above.priority !== below.priority) {
    // no room: everything above goes one up
    for (const { priority, place } of rest.slice(0, to)) changed.set(place, priority + 1);
  }
  if (wanted !== own) changed.set(from, wanted);
  return changed;
}

function between(above: number | undefined, below: number | undefined): number {
  if (above === undefined) return below === undefined ? 0 : below + 1;
  if (below === undefined) return above - 1;
  return above === below ? above : below + Math.max(1, Math.floor((above - below) / 2));
}
