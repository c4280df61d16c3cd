// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { MockStore } from '../../../mock/store.ts'
import { openApp, sendTrace } from '../../test/app.tsx'
import { giveSizes } from '../../test/size.ts'
import { clausesOf, leftOutWords } from './rows.ts'

// The router loads the page when it is opened; what that takes is no part of a test.
beforeAll(async () => {
  await import('../page.tsx')
  await import('./view.tsx')
}, 60_000)
beforeEach(giveSizes)

function storeOf(): MockStore {
  const store = new MockStore()
  sendTrace(store, 1, 'cart', 'GET /cart', 90)
  sendTrace(store, 2, 'cart', 'GET /cart', 60)
  sendTrace(store, 3, 'web', 'GET /web', 30)
  return store
}

const at = (q: string) => `/traces?q=${encodeURIComponent(q)}&view=paths`
const query = (url: string) => new URLSearchParams(url.split('?')[1]).get('q')

test('what all traces waited for is added up, and a click narrows the search', async () => {
  const { user, url, asked } = openApp('/traces', { store: storeOf() })
  await screen.findByRole('table', { name: 'Traces' })
  await user.click(screen.getByRole('button', { name: 'Analysis' }))
  const services = within(await screen.findByRole('region', { name: 'Services' }))
  expect(services.getAllByRole('row')[1]?.textContent).toContain('66.7 %')
  const request = asked.find(({ url }) => url.includes('/api/v1/traces/analysis'))
  expect(new URL(request?.url ?? '').search).toBe('?start=now-1h&limit=100')
  await user.click(services.getByRole('button', { name: 'web' }))
  await waitFor(() => expect(query(url())).toBe('{ resource.service.name = "web" }'))
  expect(url()).toContain('view=paths')
  await waitFor(() => expect(screen.getByText('1 trace')).toBeTruthy())
})

test('an operation narrows further, and the slowest of a path is a link', async () => {
  const { user, url } = openApp(at('{ kind = server }'), { store: storeOf() })
  const operations = within(await screen.findByRole('region', { name: 'Operations' }))
  const paths = within(screen.getByRole('region', { name: 'Frequent paths' }))
  expect(paths.getAllByRole('listitem')[0]?.textContent).toContain('66.7 %cart')
  expect(paths.getAllByRole('link')[0]?.getAttribute('href')).toMatch(/\/traces\/[0-9a-f]{32}\?cp=1/)
  await user.click(operations.getByRole('button', { name: 'web GET /web' }))
  await waitFor(() =>
    expect(query(url())).toBe('{ kind = server && resource.service.name = "web" && name = "GET /web" }'),
  )
})

test('what is wrong with the query is said below the bar, and nothing found is said, too', async () => {
  openApp(at('{ status = eror }'), { store: storeOf() })
  expect((await screen.findByRole('alert')).textContent).toMatch(/^Unexpected `eror`/)
})

test('nothing found says so', async () => {
  openApp(at('{ name = "nobody" }'), { store: storeOf() })
  expect(await screen.findByRole('heading', { name: 'No trace to add up' })).toBeTruthy()
})

test('an operation is asked for by service, name and kind', () => {
  expect(clausesOf({ service: 'a', name: '', kind: 0 })).toEqual(['resource.service.name = "a"'])
  expect(clausesOf({ service: 'a', name: 'x', kind: 3 })).toEqual([
    'resource.service.name = "a"',
    'name = "x"',
    'kind = client',
  ])
  expect(clausesOf({ service: null, name: '', kind: 0 })).toEqual(['!(resource.service.name != nil)'])
})

test('traces that are left out are told with their reasons', () => {
  expect(leftOutWords({ without_length: 0, too_large: 0, out_of_time: 0, gone: 0 })).toBe('')
  expect(leftOutWords({ without_length: 1, too_large: 2, out_of_time: 0, gone: 0 })).toBe(
    '1 trace of no length, 2 traces too large',
  )
})
