// What opens beside a button and closes as soon as one goes elsewhere. It stands right after its button, so that Tab leads
// into it and on, and in the browser's top layer, so that nothing cuts it off.

import { useEffect, useEffectEvent, useLayoutEffect, useRef } from 'react'
import { type Placement, placeOf } from './place.ts'

interface Props {
  anchor: React.RefObject<HTMLElement | null>
  placement?: Placement | undefined
  /** Escape and what is chosen give the focus back to the button; whoever pressed elsewhere has it there. */
  onClose: () => void
  children: React.ReactNode
}

export function Popover({ anchor, placement = 'bottom start', onClose, children }: Props) {
  const popover = useRef<HTMLDivElement>(null)
  const close = useEffectEvent(onClose)
  useLayoutEffect(() => {
    const [element, button] = [popover.current, anchor.current]
    if (element === null || button === null) return
    // Not every browser has a top layer.
    if ('showPopover' in element) element.showPopover()
    const place = () => {
      const view = { width: window.innerWidth, height: window.innerHeight }
      const size = { width: element.offsetWidth, height: element.offsetHeight }
      const { left, top } = placeOf(button.getBoundingClientRect(), size, view, placement)
      Object.assign(element.style, { left: `${left}px`, top: `${top}px` })
    }
    place()
    const sizes = new ResizeObserver(place)
    sizes.observe(element)
    window.addEventListener('resize', place)
    window.addEventListener('scroll', place, true)
    return () => {
      sizes.disconnect()
      window.removeEventListener('resize', place)
      window.removeEventListener('scroll', place, true)
    }
  }, [anchor, placement])
  useEffect(() => {
    const isHere = (target: EventTarget | null) =>
      target instanceof Node &&
      (popover.current?.contains(target) === true || anchor.current?.contains(target) === true)
    const onPointer = ({ target }: Event) => isHere(target) || close()
    const onFocus = ({ relatedTarget }: FocusEvent) =>
      relatedTarget === null || isHere(relatedTarget) || close()
    const element = popover.current
    document.addEventListener('pointerdown', onPointer, true)
    element?.addEventListener('focusout', onFocus)
    return () => {
      document.removeEventListener('pointerdown', onPointer, true)
      element?.removeEventListener('focusout', onFocus)
    }
  }, [anchor])
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: what is in it has the keys; this one is Escape, for all of it
    <div
      ref={popover}
      className="popover"
      popover="manual"
      onKeyDown={event => {
        if (event.key !== 'Escape') return
        event.preventDefault()
        event.stopPropagation()
        anchor.current?.focus()
        onClose()
      }}
    >
      {children}
    </div>
  )
}
