// The open brackets of a query up to a place, and what has stood in each so far.

import { functionOf, type Gives, isMetricsFunction, type Takes } from './functions.ts'
import { isComparison, type Token } from './tokens.ts'

/** Outermost, or a group of stages in parentheses. */
export interface Stages {
  kind: 'stages'
  state: StagesState
  /** The last word that stood in it. */
  word: string
  /** What stood before the last pipe, or before that word. */
  given: 'spans' | 'series'
  isNested: boolean
}

/** A filter, or a part of one in parentheses. */
export interface Fields {
  kind: 'fields'
  closes: '}' | ')'
  /** What is in brackets of its own counts as their end. */
  tokens: Token[]
}

/** What a function is given. */
export interface Arguments {
  kind: 'arguments'
  takes: Takes
  /** Which argument it is, from 0. */
  count: number
  /** Of that argument. */
  tokens: Token[]
}

export type Frame = Stages | Fields | Arguments

type StagesState =
  /** Nothing yet, or something that wants a spanset behind it. */
  | 'open'
  | 'piped'
  /** A name that its parenthesis may follow. */
  | 'word'
  | Gives
  /** Series of a function right before it. */
  | 'metrics'
  /** What numbers, or series, are compared with is missing. */
  | 'compares number'
  | 'compares series'
  /** The other side of arithmetic is missing. */
  | 'math'
  /** Nothing can follow. */
  | 'over'

/** From the outermost to the innermost. */
export function framesOf(tokens: readonly Token[]): Frame[] {
  const frames: Frame[] = [stages(false)]
  for (const token of tokens) read(token, frames)
  return frames
}

const stages = (isNested: boolean): Stages => ({
  kind: 'stages',
  state: 'open',
  word: '',
  given: 'spans',
  isNested,
})

function read(token: Token, frames: Frame[]): void {
  const frame = frames.at(-1)
  if (frame === undefined) return
  const symbol = token.kind === 'symbol' ? token.text : ''
  if (symbol === '{' || symbol === '(') frames.push(opened(symbol, frame))
  else if (symbol === '}' || symbol === ')') close(token, frames)
  else if (frame.kind === 'stages') readStage(token, frame)
  else if (frame.kind === 'arguments' && symbol === ',') {
    frame.count += 1
    frame.tokens = []
  } else frame.tokens.push(token)
}

function opened(bracket: '{' | '(', around: Frame): Frame {
  if (bracket === '{') return { kind: 'fields', closes: '}', tokens: [] }
  if (around.kind !== 'stages') return { kind: 'fields', closes: ')', tokens: [] }
  if (around.state !== 'word') return stages(true)
  return { kind: 'arguments', takes: takesOf(around), count: 0, tokens: [] }
}

function takesOf({ word, given }: Stages): Takes {
  if (word === 'with') return 'hints'
  // Series are grouped by several fields.
  if (word === 'by' && given === 'series') return 'fields'
  return functionOf(word)?.takes ?? 'fields'
}

function close(token: Token, frames: Frame[]): void {
  const inner = frames.length > 1 ? frames.pop() : undefined
  const frame = frames.at(-1)
  if (inner === undefined || frame === undefined) return
  if (frame.kind !== 'stages') frame.tokens.push(token)
  else if (inner.kind === 'arguments') frame.state = stateAfterCall(frame)
  else frame.state = inner.kind === 'stages' ? givenBy(inner) : 'spans'
}

function stateAfterCall({ word, given }: Stages): StagesState {
  if (word === 'with' || word === 'compare') return 'over'
  if (word === 'by' && given === 'series') return 'series'
  return isMetricsFunction(word) ? 'metrics' : (functionOf(word)?.gives ?? 'over')
}

function givenBy({ state, given }: Stages): 'spans' | 'series' {
  if (state === 'piped' || state === 'word') return given
  return state === 'series' || state === 'metrics' || state === 'over' ? 'series' : 'spans'
}

function readStage(token: Token, frame: Stages): void {
  const next = stateAfter(token, frame)
  if (next === 'piped' || next === 'word') frame.given = givenBy(frame)
  if (next === 'word') frame.word = token.text
  frame.state = next
}

function stateAfter({ kind, text }: Token, { state }: Stages): StagesState {
  if (kind === 'word') return 'word'
  if (kind === 'number') return stateAfterNumber(state)
  if (kind !== 'symbol') return 'over'
  if (text === '|') return 'piped'
  // The sign of a number.
  if (text === '-' && state.startsWith('compares')) return state
  if ('+-*/%^'.includes(text)) return 'math'
  const isSeries = state === 'series' || state === 'metrics'
  if (isComparison(text) && (isSeries || state === 'number')) {
    return isSeries ? 'compares series' : 'compares number'
  }
  return 'open'
}

function stateAfterNumber(state: StagesState): StagesState {
  if (state === 'compares number') return 'spans'
  return state === 'compares series' || state === 'math' ? 'series' : 'number'
}
