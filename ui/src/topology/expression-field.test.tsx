// @vitest-environment happy-dom
import { render, screen } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { ExpressionField } from './expression-field.tsx'

const KNOWN = { names: [], namespaces: [], clusters: [] }

/** A field whose URL has what it is told when the test says so. */
function open() {
  const told: (string | undefined)[] = []
  const field = (value: string | undefined) => (
    <ExpressionField
      kind="find"
      value={value}
      changes="at once"
      onChange={text => told.push(text)}
      known={KNOWN}
    />
  )
  const { rerender } = render(field(undefined))
  const arrive = (value: string | undefined) => rerender(field(value))
  return { told, arrive, user: userEvent.setup(), input: screen.getByRole<HTMLInputElement>('combobox') }
}

test('no letter is lost while the URL lags behind', async () => {
  const { told, arrive, user, input } = open()
  await user.type(input, 'ca')
  arrive('c')
  await user.type(input, 'r')
  arrive('ca')
  expect(input.value).toBe('car')
  arrive('car')
  expect([input.value, told]).toEqual(['car', ['c', 'ca', 'car']])
})

test('what is taken back before the URL has it is told, too', async () => {
  const { told, user, input } = open()
  await user.type(input, 'c{Backspace}')
  expect(told).toEqual(['c', undefined])
})

test('what comes from elsewhere takes the place of what is typed', async () => {
  const { arrive, user, input } = open()
  await user.type(input, 'c')
  arrive('c')
  arrive('err > 1%')
  expect(input.value).toBe('err > 1%')
  arrive(undefined)
  expect(input.value).toBe('')
})
