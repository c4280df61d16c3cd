// The rows of a table by keys: each has one link that stands for it.

/** On the link of a row. */
export const ROW_LINK = 'data-row'

/** Moves the focus over the rows' links; from outside, to the first. */
export function focusRow(within: ParentNode | null, direction: 1 | -1): void {
  const links = [...(within?.querySelectorAll<HTMLElement>(`a[${ROW_LINK}]`) ?? [])]
  const active = document.activeElement
  const at = active instanceof HTMLElement ? links.indexOf(active) : -1
  links[at === -1 ? 0 : Math.min(links.length - 1, Math.max(0, at + direction))]?.focus()
}
