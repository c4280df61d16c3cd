// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { beforeEach, expect, test, vi } from 'vitest'
import { ODD_TRACE, oddTrace } from '../../mock/odd.ts'
import { spanId, traceId } from '../../mock/otlp.ts'
import { MockStore } from '../../mock/store.ts'
import { openApp, secondsAgo, sendTrace } from '../test/app.tsx'

/** Nothing has a size in happy-dom, and rows are drawn for what is in sight. */
beforeEach(() => {
  const prototype = prototypeWith('clientHeight')
  vi.spyOn(prototype, 'clientHeight', 'get').mockReturnValue(600)
  vi.spyOn(prototype, 'clientWidth', 'get').mockReturnValue(1000)
})

/** Where elements have a property from: happy-dom's classes are not those of the global scope. */
function prototypeWith(name: 'clientHeight'): Element {
  let prototype: Element = document.createElement('div')
  while (!Object.hasOwn(prototype, name)) prototype = Object.getPrototypeOf(prototype)
  return prototype
}

const ROOT = spanId(17)
const CHILD = spanId(18)

function openTrace(search = '', id = traceId(1)) {
  const store = new MockStore()
  sendTrace(store, 1, 'cart', 'GET /cart')
  store.take(oddTrace(secondsAgo(300)))
  return openApp(`/traces/${id}${search}`, { store })
}

const grid = () => screen.findByRole('treegrid')

/** The rows of spans; the head stands alone until they are measured. */
async function rowsIn(): Promise<HTMLElement[]> {
  await grid()
  return waitFor(() => {
    const [, ...rows] = within(screen.getByRole('treegrid')).getAllByRole('row')
    expect(rows).not.toEqual([])
    return rows
  })
}
const details = () => screen.queryByRole('complementary')

test('a trace is a row for each span, told to assistive technology as a tree', async () => {
  openTrace()
  const rows = await rowsIn()
  expect(rows.map(row => row.getAttribute('aria-level'))).toEqual(['1', '2'])
  expect(rows[0]?.getAttribute('aria-expanded')).toBe('true')
  expect((await grid()).getAttribute('aria-rowcount')).toBe('3')
  expect(rows[1]?.textContent).toContain('error')
  expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('cart GET /cart')
})

test('a click selects a span, shows all of it, and stands in the URL', async () => {
  const { user, url, history } = openTrace()
  await user.click((await rowsIn())[1] as HTMLElement)
  await waitFor(() => expect(details()).not.toBeNull())
  const panel = within(details() as HTMLElement)
  for (const text of ['inside GET /cart', 'broken', 'item', '1/2', 'mock 1.0.0', CHILD]) {
    expect(panel.getAllByText(text, { exact: false }).length, text).toBeGreaterThan(0)
  }
  expect(url()).toBe(`/traces/${traceId(1)}?span=${CHILD}`)
  history.back()
  await waitFor(() => expect(details()).toBeNull())
})

test('a link to a span opens it', async () => {
  openTrace(`?span=${CHILD}`)
  await waitFor(() => expect(details()).not.toBeNull())
  expect((await rowsIn())[1]?.getAttribute('aria-selected')).toBe('true')
  expect((await grid()).getAttribute('aria-activedescendant')).toBe(`row-${CHILD}`)
})

test('a link to a span that is not there says so', async () => {
  const { user, url } = openTrace('?span=77')
  expect(await screen.findByText(/No span of this trace has the id/)).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'Forget it' }))
  await waitFor(() => expect(url()).toBe(`/traces/${traceId(1)}`))
})

test('keys select, fold, go to the details and back, and close', async () => {
  const { user, url } = openTrace()
  await grid()
  await user.keyboard('jj')
  await waitFor(() => expect(url()).toContain(`span=${CHILD}`))
  await user.keyboard('{ArrowLeft}')
  await waitFor(() => expect(url()).toContain(`span=${ROOT}`))
  await user.keyboard('{ArrowLeft}')
  await waitFor(async () => expect(await rowsIn()).toHaveLength(1))
  expect(url()).toContain(`fold=${ROOT}`)
  await user.keyboard('{ArrowRight}')
  await waitFor(async () => expect(await rowsIn()).toHaveLength(2))
  await user.keyboard('{Enter}')
  expect(document.activeElement).toBe(details())
  await user.keyboard('{Escape}')
  expect(document.activeElement).toBe(await grid())
  expect(details()).not.toBeNull()
  await user.keyboard('{Escape}')
  await waitFor(() => expect(details()).toBeNull())
  expect(url()).toBe(`/traces/${traceId(1)}`)
})

test('e goes to the error, wherever it is', async () => {
  const { user, url } = openTrace('?depth=1')
  expect(await rowsIn()).toHaveLength(1)
  await user.keyboard('e')
  await waitFor(() => expect(url()).toContain(`span=${CHILD}`))
  expect(await rowsIn()).toHaveLength(2)
})

test('a folded span tells what it hides', async () => {
  openTrace('?depth=1')
  const [row] = await rowsIn()
  expect(row?.textContent).toContain('+1')
  expect(row?.textContent).toContain('1 error')
})

test('an odd trace is shown whole, and what is odd is said', async () => {
  const { user } = openTrace('', ODD_TRACE)
  expect(await rowsIn()).toHaveLength(12)
  expect(screen.getByText(/1 span has no parent: it did not come, and 8 more to know/)).toBeTruthy()
  for (const row of await rowsIn()) {
    await user.click(row)
    await waitFor(() => expect(row.getAttribute('aria-selected')).toBe('true'))
    expect(details()).not.toBeNull()
  }
})

test('values of every type are shown', async () => {
  openTrace(`?span=${spanId(1)}`, ODD_TRACE)
  await screen.findByText('9007199254740991')
  const text = details()?.textContent ?? ''
  for (const part of [
    '9007199254740991',
    '0.1',
    'true',
    'null',
    '"deep": "y"',
    'empty',
    '3 attributes dropped',
    'vendor=value',
  ]) {
    expect(text, part).toContain(part)
  }
  const link = screen.getByRole('link', { name: new RegExp(traceId(0xabc)) })
  expect(link.getAttribute('href')).toBe(`/traces/${traceId(0xabc)}?span=${spanId(0xdef)}`)
})

test('a trace that is not there says why that may be', async () => {
  openTrace('', traceId(404))
  expect(await screen.findByRole('heading', { name: 'There is no trace with this id' })).toBeTruthy()
})

test('an id that is none is refused with the reason', async () => {
  openApp('/traces/not-an-id')
  expect(await screen.findByText(/a trace id is 1 to 32 hexadecimal digits/)).toBeTruthy()
})

test('what comes soon is drawn once, and asked once', async () => {
  const skeletons: Element[] = []
  const seen = new MutationObserver(() => skeletons.push(...document.querySelectorAll('[aria-busy]')))
  seen.observe(document, { childList: true, subtree: true })
  const { asked } = openTrace()
  await rowsIn()
  seen.disconnect()
  expect(skeletons).toEqual([])
  expect(asked.filter(({ url }) => url.endsWith('/spans'))).toHaveLength(1)
})

test('a refusal that comes soon is asked for once', async () => {
  const { asked } = openTrace('', traceId(404))
  await screen.findByRole('heading', { name: 'There is no trace with this id' })
  expect(asked.filter(({ url }) => url.endsWith('/spans'))).toHaveLength(1)
})

test('a page does not wait for what comes late', async () => {
  const store = new MockStore()
  sendTrace(store, 1, 'cart', 'GET /cart')
  let arrive = () => {}
  const late = new Promise<void>(resolve => {
    arrive = resolve
  })
  openApp(`/traces/${traceId(1)}`, {
    store,
    before: async (request, ask) => {
      if (request.url.endsWith('/spans')) await late
      return ask(request)
    },
  })
  expect(await screen.findByText('Loading the trace')).toBeTruthy()
  arrive()
  expect(await rowsIn()).toHaveLength(2)
  expect(screen.queryByText('Loading the trace')).toBeNull()
})

test('late spans come in by themselves', async () => {
  const store = new MockStore()
  sendTrace(store, 1, 'cart', 'GET /cart', 2)
  openApp(`/traces/${traceId(1)}`, { store })
  expect(await rowsIn()).toHaveLength(2)
  sendTrace(store, 1, 'stock', 'late', 1)
  await waitFor(async () => expect(await rowsIn()).toHaveLength(4), { timeout: 8000 })
})

test('the help shows every key, and ? closes it again', async () => {
  const { user } = openTrace()
  await grid()
  await user.keyboard('?')
  const help = within(await screen.findByRole('dialog'))
  expect(help.getByText('Next span with an error')).toBeTruthy()
  await user.keyboard('?')
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
})

test('keys of one letter can be turned off, Escape and arrows stay', async () => {
  localStorage.setItem('spanloom.single-keys', 'off')
  const { user, url } = openTrace()
  await grid()
  await user.keyboard('j')
  await user.keyboard('{ArrowDown}')
  await waitFor(() => expect(url()).toContain(`span=${ROOT}`))
})
