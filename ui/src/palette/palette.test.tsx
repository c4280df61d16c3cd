// @vitest-environment happy-dom
import { screen, waitFor } from '@testing-library/react'
import { expect, test } from 'vitest'
import { MockStore } from '../../mock/store.ts'
import { theme } from '../app/theme.ts'
// Loaded before the first test, which would wait for it.
import './palette.tsx'
import { openApp } from '../test/app.tsx'
import { edge, graph, node } from '../test/graph.ts'

const MESH = graph([node('shop/web'), node('shop/cart'), node('bank/pay')], [edge('shop/web', 'shop/cart')])

function open(path: string) {
  return openApp(path, {
    store: new MockStore(),
    api: { tenants: ['default', 'shop'] },
    before: async (request, ask) => {
      if (request.url.includes('/api/v1/graph')) return Response.json(MESH)
      return request.url.includes('/api/v1/stream') ? new Response(null, { status: 404 }) : ask(request)
    },
  })
}

// The page below has choices of its own.
const options = () =>
  Array.from(document.querySelectorAll('dialog [role="option"]'), option => option.textContent ?? '')
// Not by its role: to look through the whole page for one takes long where the machine is busy.
const palette = () => screen.findByPlaceholderText('A page, a service, a trace id, a setting')

test('Ctrl K opens it from a field too, and a name leads to the service', async () => {
  const { user, url } = open('/topology')
  await screen.findByText(/^3 nodes/)
  await user.click(await screen.findByRole('combobox', { name: 'Find' }))
  await user.keyboard('{Control>}k{/Control}')
  const field = await palette()
  await waitFor(() => expect(document.activeElement).toBe(field))
  await user.keyboard('cart')
  await waitFor(() => expect(options()[0]).toMatch(/^cart/))
  await user.keyboard('{Enter}')
  await waitFor(() => expect(url()).toBe('/services/shop/cart'))
  await user.keyboard('{Control>}k{/Control}')
  await palette()
  await user.keyboard('cart topology{Enter}')
  await waitFor(() => expect(url()).toBe('/topology?focus=shop/cart&node=shop/cart'))
  expect(screen.queryByRole('combobox', { name: 'Search everything' })).toBeNull()
})

test('a trace id that is pasted is opened', async () => {
  const { user, url } = open('/connect')
  await user.click(await screen.findByRole('button', { name: 'Search everything' }))
  await palette()
  await user.paste('http://host/traces/0AF7651916CD43DD8448EB211C80319C')
  expect(options()[0]).toContain('Open the trace 0af7651916cd43dd8448eb211c80319c')
  await user.keyboard('{Enter}')
  await waitFor(() => expect(url()).toBe('/traces/0af7651916cd43dd8448eb211c80319c'))
})

test('arrows go through what fits, and what was used last is first', async () => {
  const { user, url } = open('/topology')
  await screen.findByText(/^3 nodes/)
  await user.keyboard('{Control>}k{/Control}')
  await palette()
  await user.keyboard('last{ArrowDown}{ArrowUp}{ArrowUp}')
  const active = (await palette()).getAttribute('aria-activedescendant')
  expect(document.getElementById(active ?? '')?.textContent).toBe(options().at(-1))
  await user.clear(await palette())
  await user.keyboard('last 6 hours{Enter}')
  await waitFor(() => expect(url()).toBe('/topology?range=6h'))
  await user.keyboard('{Control>}k{/Control}')
  await palette()
  expect(options()[0]).toMatch(/^Last 6 hours/)
})

test('what keys do on the page is there, and only that', async () => {
  const { user } = open('/topology')
  await screen.findByText(/^3 nodes/)
  await user.keyboard('{Control>}k{/Control}')
  await palette()
  await user.keyboard('graph or table')
  expect(options()[0]).toMatch(/^Graph or table/)
  await user.keyboard('{Enter}')
  expect(await screen.findByRole('table')).toBeTruthy()
  await user.keyboard('g')
  await user.keyboard('c')
  await screen.findByRole('heading', { name: 'Connect' })
  await user.keyboard('{Control>}k{/Control}')
  await palette()
  await user.keyboard('graph or table')
  expect(options().filter(text => text.startsWith('Graph or table'))).toEqual([])
})

test('settings and tenants', async () => {
  const { user, url } = open('/connect')
  await screen.findByRole('heading', { name: 'Connect' })
  await user.keyboard('{Control>}k{/Control}')
  await palette()
  await user.keyboard('theme light{Enter}')
  expect(theme.read()).toBe('light')
  await user.keyboard('{Control>}k{/Control}')
  await palette()
  await user.keyboard('tenant shop')
  await waitFor(() => expect(options()[0]).toMatch(/^Tenant: shop/))
  await user.keyboard('{Enter}')
  await waitFor(() => expect(url()).toBe('/connect?tenant=shop'))
})

test('t and an arrow go back in time, and t l to now', async () => {
  const { user, url } = open('/traces?range=1h')
  await screen.findByRole('heading', { level: 1 })
  await user.keyboard('t{ArrowLeft}')
  await waitFor(() => expect(url()).toMatch(/^\/traces\?start=.*&end=/))
  await user.keyboard('t-')
  await user.keyboard('tl')
  await waitFor(() => expect(url()).toMatch(/^\/traces(\?range=6h)?$/))
})
