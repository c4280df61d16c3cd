// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { expect, test } from 'vitest'
import { openApp } from '../test/app.tsx'
import { edge, graph, node } from '../test/graph.ts'

const SHOP = graph(
  [
    node('edge/gateway', { kind: 'gateway' }),
    node('shop/web', { error_rate: 0.03, health: 'degraded' }),
    node('shop/cart', { error_rate: 0.2, health: 'failing' }),
  ],
  [
    edge('edge/gateway', 'shop/web', { mtls: 1 }),
    edge('shop/web', 'shop/cart', { error_rate: 0.2, mtls: 0 }),
  ],
)

function openShop(path: string) {
  return openApp(path, {
    before: async (request, ask) => {
      if (request.url.includes('/api/v1/graph')) return Response.json(SHOP)
      return request.url.includes('/api/v1/stream') ? new Response(null, { status: 404 }) : ask(request)
    },
  })
}

const field = (name: string) => screen.findByRole<HTMLInputElement>('combobox', { name })
const names = async () =>
  (await screen.findAllByRole('row')).slice(1).map(row => within(row).getAllByRole('cell')[0]?.textContent)

test('keys alone write an expression from what is proposed', async () => {
  const { user, url } = openShop('/topology')
  await field('Find')
  await user.keyboard('/')
  expect(await screen.findByRole('option', { name: /^mtls != full/ })).toBeTruthy()
  await user.keyboard('er')
  await waitFor(() => expect(screen.getAllByRole('option')[0]?.textContent).toMatch(/^err/))
  await user.keyboard('{ArrowDown}{Tab}')
  expect((await field('Find')).value).toBe('err ')
  await user.keyboard('{ArrowDown}{ArrowDown}{ArrowDown}{Enter}1{ArrowDown}{ArrowDown}')
  const active = (await field('Find')).getAttribute('aria-activedescendant')
  expect(document.getElementById(active ?? '')?.textContent).toMatch(/^10%/)
  await user.keyboard('{Enter}')
  expect((await field('Find')).value).toBe('err > 10% ')
  expect(await screen.findByText('Found: 1 of 3 nodes, 1 of 2 edges')).toBeTruthy()
  await waitFor(() => expect(url()).toBe('/topology?find=err+%3E+10%25'))
  await user.keyboard('{Escape}{Escape}{Escape}')
  expect(document.activeElement).not.toBe(await field('Find'))
  expect(url()).toBe('/topology')
})

test('a mistake is underlined and says what would be right', async () => {
  const { user } = openShop('/topology?find=kind+%3D+databse')
  const input = await field('Find')
  expect(input.getAttribute('aria-invalid')).toBe('true')
  expect(document.getElementById(input.getAttribute('aria-describedby') ?? '')?.textContent).toContain(
    'one of service, gateway, database, queue, external is expected here',
  )
  expect(document.querySelector('mark')?.textContent).toBe('databse')
  expect(screen.queryByText(/^Found/)).toBeNull()
  await user.clear(input)
  await user.type(input, 'kind = gateway')
  await waitFor(() => expect(input.getAttribute('aria-invalid')).toBe('false'))
  expect(await screen.findByText(/^Found: 1 of 3 nodes/)).toBeTruthy()
})

test('what is hidden is gone from the table, counted, and comes back', async () => {
  const { user, url } = openShop('/topology?view=table&sort=name')
  await waitFor(async () => expect(await names()).toEqual(['cart', 'gateway', 'web']))
  await user.type(await field('Hide'), 'kind = gateway')
  // Not at each letter.
  expect(await names()).toEqual(['cart', 'gateway', 'web'])
  await user.keyboard('{Enter}')
  await waitFor(async () => expect(await names()).toEqual(['cart', 'web']))
  expect(url()).toBe('/topology?view=table&sort=name&hide=kind+%3D+gateway')
  expect(screen.getByText('Hidden: 1 node, 1 edge')).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'Show all' }))
  await waitFor(async () => expect(await names()).toEqual(['cart', 'gateway', 'web']))
  expect((await field('Hide')).value).toBe('')
})

test('find and hide count among what is shown', async () => {
  openShop('/topology?find=mtls+!%3D+full&hide=cart')
  expect(await screen.findByText('Found: 1 of 2 nodes')).toBeTruthy()
})

test('who hides everything is told, and gets it back', async () => {
  const { user, url } = openShop('/topology?hide=health+!%3D+idle+or+kind+%3D+gateway')
  expect(await screen.findByText('All of 3 nodes are hidden by 2 filters')).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'Clear' }))
  expect(await screen.findByRole('application')).toBeTruthy()
  expect(url()).toBe('/topology')
})
