import { expect, test } from 'vitest'
import { EVENT_CHARACTERS_MAX, EventReader, EventTooLarge, type ServerEvent } from './sse.ts'

const TEXT = [
  ': a comment',
  'event: snapshot',
  'id: 1',
  'data: {"rev":1}',
  '',
  'data: first',
  'data:second',
  '',
  'event: heartbeat',
  '',
  'event: patch',
  'data: {"name":"ü"}',
  '',
  'data: of an event that is not over',
]
const EVENTS: ServerEvent[] = [
  { event: 'snapshot', data: '{"rev":1}' },
  { event: 'message', data: 'first\nsecond' },
  { event: 'patch', data: '{"name":"ü"}' },
]

test.each(['\n', '\r\n', '\r'])(
  'events are read whatever breaks the lines (%j) and however they are cut',
  ending => {
    const text = TEXT.join(ending)
    for (let size = 1; size <= text.length; size += 1) {
      const reader = new EventReader()
      const events: ServerEvent[] = []
      for (let at = 0; at < text.length; at += size) events.push(...reader.push(text.slice(at, at + size)))
      expect(events, `pieces of ${size}`).toEqual(EVENTS)
    }
  },
)

test.each(['', '\n'])('an event that does not end is given up, in one line or in many (%j)', ending => {
  const reader = new EventReader()
  const piece = `data: ${'x'.repeat(1024 * 1024)}${ending}`
  const pushes = () => {
    for (let sent = 0; sent < 2 * EVENT_CHARACTERS_MAX; sent += piece.length) reader.push(piece)
  }
  expect(pushes).toThrow(EventTooLarge)
})
