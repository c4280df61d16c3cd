// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { ofService, otlpSpan, spanId, traceId } from '../../mock/otlp.ts'
import { MockStore } from '../../mock/store.ts'
import { openApp, secondsAgo, sendTrace } from '../test/app.tsx'
import { giveSizes } from '../test/size.ts'

// The router loads the page when it is opened; what that takes is no part of a test.
beforeAll(async () => {
  await import('./page.tsx')
}, 60_000)
beforeEach(giveSizes)

const ERRORS = '{ status = error }'
const at = (q: string) => `/traces?q=${encodeURIComponent(q).replaceAll('%20', '+')}`
const bar = () => screen.getByRole('combobox', { name: 'TraceQL query' }) as HTMLInputElement

/** `sendTrace` has an error inside; the other service has none. */
function storeOf(): MockStore {
  const store = new MockStore()
  sendTrace(store, 1, 'cart', 'GET /cart', 90)
  sendTrace(store, 2, 'web', 'GET /web', 60)
  const start = secondsAgo(30)
  const span = otlpSpan(traceId(3), spanId(3), 'GET /fine', {
    start,
    end: start + 5_000_000n,
    kind: 'server',
  })
  store.take(ofService('fine', [span]))
  return store
}

const names = () =>
  waitFor(() => {
    const links = within(screen.getByRole('table', { name: 'Traces' })).getAllByRole('link')
    expect(links).not.toEqual([])
    return links.filter(link => link.dataset['trace'] !== undefined).map(link => link.textContent)
  })

const found = (expected: string[]) => waitFor(async () => expect(await names()).toEqual(expected))

test('a query stands in the URL, and what it finds comes in lines', async () => {
  const { asked } = openApp(at(ERRORS), { store: storeOf() })
  await found(['web GET /web', 'cart GET /cart'])
  expect(bar().value).toBe(ERRORS)
  const request = asked.find(({ url }) => url.includes('/api/v1/traces'))
  expect(new URL(request?.url ?? '').searchParams.get('q')).toBe(ERRORS)
  expect(request?.headers.get('accept')).toContain('application/x-ndjson')
  expect(screen.getByText('2 traces')).toBeTruthy()
})

test('what is typed is completed by Tab, finished by Enter, and Back undoes it', async () => {
  const { user, history } = openApp('/traces', { store: storeOf() })
  await names()
  await user.keyboard('/')
  expect(document.activeElement).toBe(bar())
  expect(await screen.findByRole('option', { name: /^Errors/ })).toBeTruthy()
  await user.keyboard('{{ stat{Tab}')
  await waitFor(() => expect(bar().value).toBe('{ status '))
  await user.keyboard('= err{Tab}{Enter}')
  await found(['web GET /web', 'cart GET /cart'])
  expect(new URLSearchParams(history.location.search).get('q')).toBe('{ status = error }')
  history.back()
  await found(['fine GET /fine', 'web GET /web', 'cart GET /cart'])
  expect(bar().value).toBe('')
})

test('values come from the server, quoted as their type is', async () => {
  const { user } = openApp('/traces', { store: storeOf() })
  await names()
  await user.click(bar())
  await user.keyboard('{{ resource.service.name = ca')
  const option = await screen.findByRole('option', { name: /^ca ?rt/ })
  await user.keyboard('{ArrowDown}')
  expect(option.getAttribute('aria-selected')).toBe('true')
  expect(bar().getAttribute('aria-activedescendant')).toBe(option.id)
  await user.keyboard('{Enter}')
  await waitFor(() => expect(bar().value).toBe('{ resource.service.name = "cart" '))
  await user.keyboard('{Escape}')
  expect(screen.queryByRole('listbox')).toBeNull()
  await user.keyboard('{Enter}')
  await found(['cart GET /cart'])
})

test('what the server does not understand is underlined where it stands, and the list stays', async () => {
  const { user } = openApp(at(ERRORS), { store: storeOf() })
  await found(['web GET /web', 'cart GET /cart'])
  await user.clear(bar())
  await user.type(bar(), '{{ status = eror }')
  await user.keyboard('{Enter}')
  expect(await screen.findByText(/^Unexpected `eror`, expected an attribute/)).toBeTruthy()
  expect(bar().getAttribute('aria-invalid')).toBe('true')
  expect(document.querySelector('[data-wrong="true"][data-token]')?.textContent).toBe('eror')
  expect(await names()).toEqual(['web GET /web', 'cart GET /cart'])
  await user.type(bar(), 'x')
  expect(screen.queryByText(/^Unexpected/)).toBeNull()
})

test('what was asked before is offered again, what was refused is not', async () => {
  const { user } = openApp('/traces', { store: storeOf() })
  await names()
  await user.click(bar())
  await user.keyboard('{{ status = error }{Escape}{Enter}')
  await found(['web GET /web', 'cart GET /cart'])
  await user.clear(bar())
  await user.keyboard('{{ wrong }{Escape}{Enter}')
  await screen.findByText(/^Unexpected `wrong`/)
  await user.clear(bar())
  const group = await screen.findByRole('group', { name: 'Asked before' })
  expect(
    within(group)
      .getAllByRole('option')
      .map(option => option.textContent),
  ).toEqual([ERRORS])
})

test('a search shows what came so far and how far it is, and can be stopped', async () => {
  const lines = [
    { traces: [], searched_from: String(secondsAgo(1800)), range_start: String(secondsAgo(3600)) },
    { traces: [], searched_from: String(secondsAgo(2700)), range_start: String(secondsAgo(3600)) },
  ]
  const inspected = { traces: 0, spans: 0, files: 0, bytes: 0 }
  const store = storeOf()
  const { user } = openApp(at(ERRORS), {
    before: async (request, ask) => {
      if (!request.url.includes('q=')) return ask(request)
      const traces = store.list({ start: 0n, end: secondsAgo(0), service: 'cart', limit: 5 })
      const text = lines.map((line, place) => ({
        ...line,
        traces: place === 0 ? traces : [],
        inspected,
        done: false,
      }))
      const body = new ReadableStream({
        // And then no more comes.
        start(controller) {
          const sent = text.map(line => `${JSON.stringify(line)}\n`).join('')
          controller.enqueue(new TextEncoder().encode(sent))
          request.signal.addEventListener('abort', () =>
            controller.error(new DOMException('it was aborted', 'AbortError')),
          )
        },
      })
      return new Response(body, { headers: { 'content-type': 'application/x-ndjson' } })
    },
    store,
  })
  await found(['cart GET /cart'])
  const progress = await screen.findByRole('progressbar', { name: 'Search' })
  expect(Number(progress.getAttribute('value'))).toBeCloseTo(0.5, 1)
  await user.click(screen.getByRole('button', { name: 'Cancel' }))
  expect(await screen.findByText(/^You stopped the search: it has come back to/)).toBeTruthy()
  expect(await names()).toEqual(['cart GET /cart'])
})

test('a facet adds its clause, shows that it is on, and takes it away again', async () => {
  const { user, history } = openApp('/traces', { store: storeOf() })
  await names()
  const facets = within(await screen.findByRole('complementary', { name: 'Narrow the search' }))
  const q = () => new URLSearchParams(history.location.search).get('q')
  await user.click(facets.getByRole('button', { name: /^cart ?1$/ }))
  await found(['cart GET /cart'])
  expect(q()).toBe('{ resource.service.name = "cart" }')
  const cart = await facets.findByRole('button', { name: /^cart ?1$/, pressed: true })
  await user.click(cart)
  await found(['fine GET /fine', 'web GET /web', 'cart GET /cart'])
  expect(q()).toBeNull()
  await user.click(facets.getByRole('button', { name: 'Status: not error' }))
  await waitFor(() => expect(q()).toBe('{ status != error }'))
})

test('the spans that matched are shown below their trace, and lead to it', async () => {
  const { user, url, history } = openApp(at(ERRORS), { store: storeOf() })
  await found(['web GET /web', 'cart GET /cart'])
  await user.click(screen.getByRole('button', { name: 'Spans that matched in GET /cart' }))
  const spans = await screen.findByRole('table', { name: 'Spans that matched' })
  expect(history.location.search).toContain(`open=${traceId(1)}`)
  await user.click(within(spans).getByRole('link', { name: 'cart inside GET /cart' }))
  await waitFor(() => expect(url()).toBe(`/traces/${traceId(1)}?span=${spanId(18)}`))
})

test('the list is sorted among what is shown, and says so', async () => {
  const { user, url } = openApp('/traces', { store: storeOf() })
  await found(['fine GET /fine', 'web GET /web', 'cart GET /cart'])
  await user.click(screen.getByRole('button', { name: 'Duration' }))
  await found(['web GET /web', 'cart GET /cart', 'fine GET /fine'])
  expect(url()).toBe('/traces?sort=duration')
  expect(screen.getByText(/sorted by duration among the 3 shown/)).toBeTruthy()
})

test('a search that finds nothing says which clause is to blame', async () => {
  const { user } = openApp(at('{ status = error && span.itm = "1/2" }'), { store: storeOf() })
  expect(await screen.findByRole('heading', { name: 'No trace matches' })).toBeTruthy()
  expect(await screen.findByText('No span fulfils `span.itm = "1/2"`.')).toBeTruthy()
  await user.click(await screen.findByRole('button', { name: 'Search for span.item' }))
  await found(['cart GET /cart'])
})

test('a search that breaks off keeps what it found', async () => {
  const store = storeOf()
  let isBroken = true
  const { user } = openApp(at(ERRORS), {
    store,
    before: async (request, ask) => {
      const response = await ask(request)
      if (!isBroken || !request.url.includes('q=')) return response
      const [first = ''] = (await response.text()).split('\n')
      return new Response(`${first}\n{"error":{"code":"timeout","message":"too slow"}}\n`)
    },
  })
  expect(await screen.findByText(/The search broke off: too slow/)).toBeTruthy()
  expect(await names()).toEqual(['web GET /web'])
  isBroken = false
  await user.click(screen.getByRole('button', { name: 'Try again' }))
  await found(['web GET /web', 'cart GET /cart'])
})

test('the id of a trace that is pasted opens it', async () => {
  const { user, url } = openApp('/traces', { store: storeOf() })
  await names()
  await user.click(bar())
  await user.paste(traceId(2))
  await user.click(await screen.findByRole('option', { name: /^Open the trace/ }))
  await waitFor(() => expect(url()).toBe(`/traces/${traceId(2)}`))
})

test('Enter after a pasted id opens it, too', async () => {
  const { user, url } = openApp('/traces', { store: storeOf() })
  await names()
  await user.click(bar())
  await user.paste(` ${traceId(2)} `)
  await user.keyboard('{Enter}')
  await waitFor(() => expect(url()).toBe(`/traces/${traceId(2)}`))
})

test('Ctrl and Space bring the proposals back, which are counted aloud', async () => {
  const { user } = openApp('/traces', { store: storeOf() })
  await names()
  await user.click(bar())
  await user.keyboard('{{ status {Escape}')
  expect(screen.queryByRole('listbox')).toBeNull()
  await user.keyboard('{Control>} {/Control}')
  expect(await screen.findByRole('option', { name: /^= / })).toBeTruthy()
  expect(bar().value).toBe('{ status ')
  await waitFor(() => expect(screen.getByText('2 proposals')).toBeTruthy())
})

test('values are asked for of what the rest of the filter finds', async () => {
  const { user, asked } = openApp('/traces', { store: storeOf() })
  await names()
  await user.click(bar())
  await user.keyboard('{{ resource.service.name = "cart" && span.item = ')
  await waitFor(() => {
    const request = asked.findLast(({ url }) => url.includes('/tag/span.item/values'))
    expect(new URL(request?.url ?? '').searchParams.get('q')).toBe('{ resource.service.name = "cart" }')
  })
})
