// Text on a canvas: measured once, shortened where it has no room.

const KNOWN_MAX = 20_000
const widths = new Map<string, number>()
const shortened = new Map<string, string>()

export function textWidth(context: CanvasRenderingContext2D, text: string): number {
  const key = `${context.font}|${text}`
  const known = widths.get(key)
  if (known !== undefined) return known
  const { width } = context.measureText(text)
  keep(widths, key, width)
  return width
}

/** The text, or as much of it as has room. */
export function fittingText(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (textWidth(context, text) <= room) return text
  const key = `${context.font}|${room}|${text}`
  const known = shortened.get(key)
  if (known !== undefined) return known
  let [low, high] = [0, text.length]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (context.measureText(`${text.slice(0, middle)}…`).width <= room) low = middle
    else high = middle - 1
  }
  const short = `${text.slice(0, low)}…`
  keep(shortened, key, short)
  return short
}

function keep<Value>(known: Map<string, Value>, key: string, value: Value): void {
  // Numbers change all the time: what was measured long ago is not kept for ever.
  if (known.size >= KNOWN_MAX) known.clear()
  known.set(key, value)
}

/** Fonts that come later have other widths. */
export function forgetWidths(): void {
  widths.clear()
  shortened.clear()
}
