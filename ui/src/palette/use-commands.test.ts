// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { actionCommands } from './use-commands.ts'

test('a key of many is no command, be they as few as tabs', () => {
  const nothing = () => {}
  const commands = actionCommands({ tidy: nothing, tab: nothing, level: nothing, palette: nothing })
  expect(commands.map(({ id }) => id)).toEqual(['action tidy'])
})
