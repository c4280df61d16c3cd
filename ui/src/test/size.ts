// Nothing has a size in happy-dom, and of a long list only the rows in sight are drawn.

import { vi } from 'vitest'

/** Lets every element be as large as a window until the test ends. */
export function giveSizes(): void {
  const prototype = prototypeWith('clientHeight')
  vi.spyOn(prototype, 'clientHeight', 'get').mockReturnValue(600)
  vi.spyOn(prototype, 'clientWidth', 'get').mockReturnValue(1000)
}

/** Where elements have a property from: happy-dom's classes are not those of the global scope. */
function prototypeWith(name: 'clientHeight'): Element {
  let prototype: Element = document.createElement('div')
  while (!Object.hasOwn(prototype, name)) prototype = Object.getPrototypeOf(prototype)
  return prototype
}
