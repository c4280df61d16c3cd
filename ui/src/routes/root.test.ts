// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { rootSearch } from './root.tsx'

test('a tenant that the server would refuse is none', () => {
  expect(rootSearch({ tenant: 'shop', live: 'off' })).toEqual({ tenant: 'shop', live: 'off' })
  expect(rootSearch({ tenant: '../shop', live: 'on' })).toEqual({})
})
