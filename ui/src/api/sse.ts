// Server-sent events out of the pieces in which they come. The browser's own EventSource can send neither a token nor a
// tenant.

export interface ServerEvent {
  event: string
  data: string
}

/** Several times the graph of 5,000 services, beyond which no browser draws one. */
export const EVENT_CHARACTERS_MAX = 16 * 1024 * 1024

export class EventTooLarge extends Error {
  override readonly name = 'EventTooLarge'

  constructor() {
    super(`an event of the stream has more than ${EVENT_CHARACTERS_MAX} characters`)
  }
}

/** Reads lines across pieces; what an event has in several `data` lines belongs together. */
export class EventReader {
  private rest = ''
  private event = ''
  private data: string[] = []
  /** Characters in `data`. */
  private size = 0

  /** The events that are complete with this piece. */
  push(piece: string): ServerEvent[] {
    // A line feed may still follow a carriage return at the end: the two are one break.
    const text = this.rest + piece
    const held = text.endsWith('\r') ? text.length - 1 : text.length
    const lines = text.slice(0, held).split(/\r\n|\r|\n/)
    this.rest = (lines.pop() ?? '') + text.slice(held)
    const events = lines.flatMap(line => this.take(line))
    if (this.size + this.rest.length > EVENT_CHARACTERS_MAX) throw new EventTooLarge()
    return events
  }

  private take(line: string): ServerEvent[] {
    if (line === '') return this.finish()
    const colon = line.indexOf(':')
    // A line that begins with a colon is a comment.
    if (colon === 0) return []
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') this.event = value
    if (field === 'data') {
      this.data.push(value)
      this.size += value.length
    }
    return []
  }

  private finish(): ServerEvent[] {
    const found = { event: this.event || 'message', data: this.data.join('\n') }
    const isEmpty = this.data.length === 0
    this.event = ''
    this.data = []
    this.size = 0
    return isEmpty ? [] : [found]
  }
}
