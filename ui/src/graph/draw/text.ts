// Text on a canvas: measured once, shortened where it has no room.

/** Numbers change all the time: of what was measured, only what was of use among the last so many is kept. */
const RECENT_MAX = 3000

/** What was set or asked for lately: two generations, of which the older is forgotten when the younger is full. */
class Recent<Value> {
  private young = new Map<string, Value>()
  private old = new Map<string, Value>()

  get(key: string): Value | undefined {
    const known = this.young.get(key)
    if (known !== undefined) return known
    const older = this.old.get(key)
    if (older !== undefined) this.set(key, older)
    return older
  }

  set(key: string, value: Value): void {
    if (this.young.size >= RECENT_MAX) [this.young, this.old] = [new Map(), this.young]
    this.young.set(key, value)
  }

  clear(): void {
    this.young.clear()
    this.old.clear()
  }
}

const widths = new Recent<number>()
const shortened = new Recent<string>()

export function textWidth(context: CanvasRenderingContext2D, text: string): number {
  return widthIn(context, context.font, text)
}

/** A canvas tells its font slowly: who measures much asks for it once. */
function widthIn(context: CanvasRenderingContext2D, font: string, text: string): number {
  const key = `${font}|${text}`
  const known = widths.get(key)
  if (known !== undefined) return known
  const { width } = context.measureText(text)
  widths.set(key, width)
  return width
}

/** The text, or as much of it as has room. */
export function fittingText(context: CanvasRenderingContext2D, text: string, room: number): string {
  const { font } = context
  if (widthIn(context, font, text) <= room) return text
  const key = `${font}|${room}|${text}`
  const known = shortened.get(key)
  if (known !== undefined) return known
  const short = `${beginning(text, room - widthIn(context, font, '…'), of => widthIn(context, font, of))}…`
  shortened.set(key, short)
  return short
}

/** Letter by letter: of those the widths are soon known, while every beginning of a name would have to be measured. */
function beginning(text: string, room: number, widthOf: (letter: string) => number): string {
  let [end, width] = [0, 0]
  for (const letter of text) {
    width += widthOf(letter)
    if (width > room) break
    end += letter.length
  }
  return text.slice(0, end)
}

/** Fonts that come later have other widths. */
export function forgetWidths(): void {
  widths.clear()
  shortened.clear()
}
