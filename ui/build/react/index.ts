// What is used here of React, as names of a module: of CommonJS every use says `(0, react.useState)(…)`, some thousand times.

import * as React from 'react'

export const Fragment = React.Fragment
export const StrictMode = React.StrictMode
export const Suspense = React.Suspense
export const lazy = React.lazy
export const memo = React.memo
export const createElement = React.createElement
export const useCallback = React.useCallback
export const useDeferredValue = React.useDeferredValue
export const useEffect = React.useEffect
export const useEffectEvent = React.useEffectEvent
export const useId = React.useId
export const useImperativeHandle = React.useImperativeHandle
export const useLayoutEffect = React.useLayoutEffect
export const useMemo = React.useMemo
export const useRef = React.useRef
export const useState = React.useState
export const useSyncExternalStore = React.useSyncExternalStore
