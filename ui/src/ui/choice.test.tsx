// @vitest-environment happy-dom
import { render, screen } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { Choice } from './choice.tsx'
import { nextOption, typedOption } from './choice-keys.ts'

const FRUIT = ['Apple', 'Banana', 'Blueberry', 'Cherry'].map(words => ({ id: words.toLowerCase(), words }))

function open(value = 'banana') {
  const onChoose = vi.fn()
  render(
    <>
      <Choice label="Fruit" value={value} options={FRUIT} onChoose={onChoose} />
      <button type="button">Elsewhere</button>
    </>,
  )
  return { onChoose, user: userEvent.setup(), button: screen.getByRole('button', { name: /^Fruit: / }) }
}

const current = () => {
  const id = screen.getByRole('listbox').getAttribute('aria-activedescendant') ?? ''
  return document.getElementById(id)?.textContent
}

test('keys alone open the list, lead through it, and choose', async () => {
  const { user, button, onChoose } = open()
  button.focus()
  await user.keyboard('{ArrowDown}')
  expect(document.activeElement).toBe(screen.getByRole('listbox', { name: 'Fruit' }))
  expect(screen.getByRole('option', { selected: true }).textContent).toBe('Banana')
  await user.keyboard('{ArrowDown}{ArrowDown}')
  expect(current()).toBe('Cherry')
  await user.keyboard('{Enter}')
  expect(onChoose).toHaveBeenCalledExactlyOnceWith('cherry')
  expect(screen.queryByRole('listbox')).toBeNull()
  expect(document.activeElement).toBe(button)
})

test('Escape chooses nothing and gives the focus back', async () => {
  const { user, button, onChoose } = open()
  await user.click(button)
  await user.keyboard('{End}{Escape}')
  expect(screen.queryByRole('listbox')).toBeNull()
  expect(document.activeElement).toBe(button)
  expect(onChoose).not.toHaveBeenCalled()
})

test('it closes as soon as one goes elsewhere', async () => {
  const { user, button, onChoose } = open()
  await user.click(button)
  await user.tab()
  expect(screen.queryByRole('listbox')).toBeNull()
  await user.click(button)
  await user.click(screen.getByRole('button', { name: 'Elsewhere' }))
  expect(screen.queryByRole('listbox')).toBeNull()
  expect(onChoose).not.toHaveBeenCalled()
})

test('what is chosen already is not told again', async () => {
  const { user, button, onChoose } = open()
  await user.click(button)
  await user.click(screen.getByRole('option', { name: 'Banana' }))
  expect(screen.queryByRole('listbox')).toBeNull()
  expect(onChoose).not.toHaveBeenCalled()
})

test('letters lead to what begins with them', async () => {
  const { user, button } = open('apple')
  await user.click(button)
  await user.keyboard('bl')
  expect(current()).toBe('Blueberry')
})

test('the same letter goes round, and letters of nothing stay', () => {
  expect(typedOption(FRUIT, 'apple', 'b')).toBe('banana')
  expect(typedOption(FRUIT, 'banana', 'bb')).toBe('blueberry')
  expect(typedOption(FRUIT, 'blueberry', 'bbb')).toBe('banana')
  expect(typedOption(FRUIT, 'apple', 'x')).toBeUndefined()
})

test('keys stop at the ends of the list', () => {
  expect(nextOption(FRUIT, 'cherry', 'ArrowDown')).toBe('cherry')
  expect(nextOption(FRUIT, 'apple', 'PageUp')).toBe('apple')
  expect(nextOption(FRUIT, 'apple', 'PageDown')).toBe('cherry')
  expect(nextOption(FRUIT, 'apple', 'x')).toBeUndefined()
})
