// See `index.ts`. In production `jsx` and `jsxs` are one.

import * as Runtime from 'react/jsx-runtime'

export const Fragment = Runtime.Fragment
export const jsx = Runtime.jsx
export { jsx as jsxs }
