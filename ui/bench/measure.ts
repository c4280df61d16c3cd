// What benches measure with. Everything runs in the page: what goes through the debugger is not what people feel.

import type { Page, TestInfo } from '@playwright/test'

declare global {
  interface Window {
    marks: { name: string; at: number; detail: unknown }[]
    tasks: { at: number; ms: number }[]
  }
}

/** Collects the page's marks and long tasks, from before its first script on. */
export async function collect(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.marks = []
    window.tasks = []
    new PerformanceObserver(list => {
      for (const entry of list.getEntries()) {
        const { name, startTime: at } = entry
        window.marks.push({ name, at, detail: entry instanceof PerformanceMark ? entry.detail : null })
      }
    }).observe({ type: 'mark', buffered: true })
    new PerformanceObserver(list => {
      for (const { startTime: at, duration: ms } of list.getEntries()) window.tasks.push({ at, ms })
    }).observe({ type: 'longtask', buffered: true })
  })
}

/** Says what was measured, and whether that meets the bar. */
export function report(info: TestInfo, bar: string, value: number, below: number, unit = 'ms'): void {
  const text = (number: number) =>
    `${number >= 100 ? Math.round(number) : Number(number.toPrecision(3))} ${unit}`
  const description = JSON.stringify({
    bar,
    measured: text(value),
    gate: `< ${text(below)}`,
    isMet: value < below,
  })
  info.annotations.push({ type: 'bar', description })
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

export const median = (values: readonly number[]) => quantile(values, 0.5)

/** Times between frames while something is done in each of them. */
export async function frames(
  page: Page,
  selector: string,
  kind: 'pull' | 'zoom' | 'scroll',
  count: number,
): Promise<number[]> {
  return page.evaluate(
    ({ selector, kind, count }) =>
      new Promise<number[]>((resolve, reject) => {
        const element = document.querySelector(selector)
        if (element === null) return reject(new Error(`there is no ${selector}`))
        const { left, top, width, height } = element.getBoundingClientRect()
        const [x, y] = [left + width / 2, top + height - 40]
        const pointer = (type: string, dx: number) =>
          element.dispatchEvent(
            new PointerEvent(type, {
              bubbles: true,
              button: 0,
              buttons: 1,
              pointerId: 1,
              pointerType: 'mouse',
              clientX: x + dx,
              clientY: y,
            }),
          )
        // Nobody's real pointer is down, so there is none to capture.
        element.setPointerCapture = () => undefined
        if (kind === 'pull') pointer('pointerdown', 0)
        const times: number[] = []
        const step = (now: number) => {
          times.push(now)
          const at = times.length
          // There and back again, so that there is always something to see.
          const wave = Math.abs(((at * 12) % 1200) - 600)
          if (kind === 'pull') pointer('pointermove', wave)
          if (kind === 'zoom')
            element.dispatchEvent(
              new WheelEvent('wheel', {
                bubbles: true,
                cancelable: true,
                clientX: x,
                clientY: y - height / 3,
                deltaY: at % 60 < 30 ? -40 : 40,
              }),
            )
          if (kind === 'scroll') element.scrollTop += 240
          if (at <= count) requestAnimationFrame(step)
          else {
            if (kind === 'pull') pointer('pointerup', wave)
            resolve(times.slice(1).map((time, index) => time - (times[index] ?? time)))
          }
        }
        requestAnimationFrame(step)
      }),
    { selector, kind, count },
  )
}
