/** What a number is, where its column has no head: on a narrow screen a row is a paragraph. */
export function Unit({ words }: { readonly words: string }) {
  return <span class="unit">{words}</span>;
}
