/** Several lists, each newest first, as one. Takes no more of each than is asked for. */
export async function* mergeNewestFirst<T extends { atMs: number }>(
  lists: readonly AsyncGenerator<T, undefined>[],
): AsyncGenerator<T, undefined> {
  const heads = await Promise.all(lists.map((list) => list.next()));
  for (;;) {
    let newest = -1;
    let found: T | null = null;
    for (const [i, head] of heads.entries()) {
      if (head.done === true || (found !== null && head.value.atMs <= found.atMs)) continue;
      newest = i;
      found = head.value;
    }
    if (found === null) return;
    yield found;
    heads[newest] = await lists[newest]!.next();
  }
}
