import { expect, test } from 'vitest'
import { SERVICE_COLOURS, serviceColours, sortedServices } from './service-colour.ts'

/** Relative luminance of `#rrggbb`, as WCAG 2 defines it. */
function luminance(hex: string): number {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

function contrast(a: string, b: string): number {
  const [lighter = 0, darker = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (lighter + 0.05) / (darker + 0.05)
}

test('the measure is right', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21)
})

test('every colour can be seen on both surfaces of both themes', () => {
  for (const { light, dark } of SERVICE_COLOURS) {
    for (const surface of ['#ffffff', '#f6f8fa'])
      expect(contrast(light, surface), light).toBeGreaterThanOrEqual(3)
    for (const surface of ['#0d1117', '#1a212c'])
      expect(contrast(dark, surface), dark).toBeGreaterThanOrEqual(3)
  }
})

test('20 services have 20 colours', () => {
  expect(SERVICE_COLOURS).toHaveLength(20)
  for (const theme of ['light', 'dark'] as const) {
    expect(new Set(SERVICE_COLOURS.map(colour => colour[theme])).size).toBe(20)
  }
})

test('the order of the names gives the colours, not that of the spans', () => {
  const [one, other] = [serviceColours(['b', null, 'a', 'Ä', 'b']), serviceColours(['Ä', 'a', 'b', null])]
  expect([...one]).toEqual([...other])
  expect([...one.keys()]).toEqual(['a', 'b', 'Ä', null])
})

test('the 21st service has the first colour again', () => {
  const colours = serviceColours(Array.from({ length: 21 }, (_, i) => `service ${i + 10}`))
  expect(colours.get('service 30')).toBe(colours.get('service 10'))
  expect(sortedServices([])).toEqual([])
})
