// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from 'vitest'
import { graphAhead, takeGraphAhead } from '../api/graph-ahead.ts'
import { layout } from '../graph/layout/layout.ts'
import { edge, graph, node } from '../test/graph.ts'
import { arrangementAhead, askAhead, beginPage } from './ahead.ts'
import { keepArrangement } from './kept-arrangement.ts'
import { arrangementKey, meshOf, pictureName } from './mesh.ts'
import { questionOf, topologySearch } from './question.ts'

const SHOP = graph([node('shop/web'), node('shop/cart')], [edge('shop/web', 'shop/cart')])
const DEFAULT = questionOf(topologySearch({}))
const KEY = arrangementKey(pictureName(undefined, DEFAULT, undefined))

const asked: Request[] = []
let answer = () => Response.json(SHOP)

beforeEach(() => {
  asked.length = 0
  answer = () => Response.json(SHOP)
  vi.stubGlobal('fetch', async (request: Request) => {
    asked.push(request)
    return answer()
  })
})

const urls = () => asked.map(({ url }) => url.slice(url.indexOf('/', 8)))

test('the question of the URL is asked, of its tenant and with the token', async () => {
  sessionStorage.setItem('spanloom.token', 'secret')
  await askAhead({ pathname: '/topology', search: '?tenant=acme&range=1h&by=workload&focus=a/b&depth=3' })
  expect(urls()).toEqual(['/api/v1/graph?start=now-1h&by=workload&focus=a%2Fb&depth=3'])
  const [request] = asked
  expect(request?.headers.get('x-scope-orgid')).toBe('acme')
  expect(request?.headers.get('authorization')).toBe('Bearer secret')
})

test('the front door leads to the whole graph, whatever else its URL says', async () => {
  await askAhead({ pathname: '/', search: '?tenant=acme&range=1h' })
  expect(urls()).toEqual(['/api/v1/graph?start=now-5m&by=service'])
  expect(graphAhead('acme', DEFAULT)).not.toBeNull()
})

test('other pages ask for themselves', async () => {
  await askAhead({ pathname: '/traces', search: '' })
  expect(asked).toEqual([])
})

test('an answer is given once, and to who asks the same', async () => {
  await askAhead({ pathname: '/topology', search: '' })
  expect(takeGraphAhead('acme', DEFAULT)).toBeNull()
  expect(takeGraphAhead(undefined, { ...DEFAULT, by: 'cluster' })).toBeNull()
  expect(takeGraphAhead(undefined, DEFAULT)?.graph).toEqual(SHOP)
  expect(takeGraphAhead(undefined, DEFAULT)).toBeNull()
})

test('an answer that nobody took is too old after a while', async () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(0)
  await askAhead({ pathname: '/topology', search: '' })
  now.mockReturnValue(60_000)
  expect(graphAhead(undefined, DEFAULT)).toBeNull()
})

test('what the server refuses is left for the page to say', async () => {
  answer = () => Response.json({ error: { message: 'no' } }, { status: 400 })
  await askAhead({ pathname: '/topology', search: '' })
  const taken = takeGraphAhead(undefined, DEFAULT)
  expect(taken?.graph).toBeUndefined()
  expect(await taken?.called).toMatchObject({
    error: { error: { message: 'no' } },
    response: { status: 400 },
  })
})

test('the graph is laid out as the page would do it, for that picture only', async () => {
  await askAhead({ pathname: '/topology', search: '' })
  const taken = takeGraphAhead(undefined, DEFAULT)?.graph ?? SHOP
  const ahead = arrangementAhead(KEY, taken, false)
  expect(ahead?.arrangement).toEqual(layout(meshOf(SHOP, false)))
  expect(await ahead?.arranging).toBe(ahead?.arrangement)
  expect(arrangementAhead(KEY, taken, true)).toBeUndefined()
  expect(arrangementAhead('another', taken, false)).toBeUndefined()
  expect(arrangementAhead(KEY, { ...taken }, false)).toBeUndefined()
})

test('a picture that was kept is not laid out anew', async () => {
  const kept = new Map([...layout(meshOf(SHOP, false)).places].map(([id, { x, y }]) => [id, { x: x + 7, y }]))
  keepArrangement(KEY, { ...layout(meshOf(SHOP, false)), places: kept })
  await vi.waitFor(() => expect(localStorage.length).toBeGreaterThan(0))
  await askAhead({ pathname: '/topology', search: '' })
  const taken = takeGraphAhead(undefined, DEFAULT)?.graph ?? SHOP
  expect(arrangementAhead(KEY, taken, false)?.arrangement?.places).toEqual(kept)
})

// The last of all: a page begins once.
test('a page does not wait for a slow answer, and from its begin on asks for itself', async () => {
  let arrive = (_: Response) => {}
  const answer = new Promise<Response>(resolve => {
    arrive = resolve
  })
  vi.stubGlobal('fetch', () => answer)
  const ahead = askAhead({ pathname: '/topology', search: '' })
  await beginPage()
  expect(graphAhead(undefined, DEFAULT)?.graph).toBeUndefined()
  arrive(Response.json(SHOP))
  await ahead
  expect(graphAhead(undefined, DEFAULT)?.graph).toEqual(SHOP)
  takeGraphAhead(undefined, DEFAULT)
  await askAhead({ pathname: '/topology', search: '' })
  expect(graphAhead(undefined, DEFAULT)).toBeNull()
})
