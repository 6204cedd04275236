/** Operations of Home, the timeline, the search, favourites and saved views. */
import { Type } from 'typebox'
import { dagFilter } from '../dagList.ts'
import { Overview, SavedView, SearchAnswer, Timeline, VIEW_PAGES, ViewName } from '../overview.ts'
import { Enum, Instant, Strict } from '../schema.ts'
import { DagParams, Message, type Operation } from './operation.ts'

export const overviewOperations = {
  getOverview: {
    method: 'GET',
    path: '/api/overview',
    role: 'Viewer',
    tag: 'overview',
    summary: 'What runs, what failed in the last 24 hours and why, what is due next.',
    ok: Overview,
  },
  getTimeline: {
    method: 'GET',
    path: '/api/timeline',
    role: 'Viewer',
    tag: 'overview',
    summary: 'Past and planned runs of many DAGs between two times (at most 31 days apart); DAGs with something in the window first.',
    query: Strict({
      ...dagFilter,
      from: Instant,
      to: Instant,
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 50 })),
      offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 })),
    }),
    ok: Timeline,
  },
  search: {
    method: 'GET',
    path: '/api/search',
    role: 'Viewer',
    tag: 'overview',
    summary: 'DAGs, tasks and assets by part of their name, runs by the beginning of their id or their date (recent ones by any part).',
    query: Strict({
      q: Type.String({ minLength: 1, maxLength: 250 }),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 50, default: 8, description: 'of each kind' })),
    }),
    ok: SearchAnswer,
  },
  addFavourite: {
    method: 'PUT',
    path: '/api/me/favourites/:dag_id',
    role: 'Viewer',
    tag: 'session',
    summary: 'Makes a DAG a favourite of whoever asks.',
    params: DagParams,
    ok: Message,
  },
  removeFavourite: {
    method: 'DELETE',
    path: '/api/me/favourites/:dag_id',
    role: 'Viewer',
    tag: 'session',
    summary: 'It is a favourite no more.',
    params: DagParams,
    ok: Message,
  },
  listViews: {
    method: 'GET',
    path: '/api/me/views',
    role: 'Viewer',
    tag: 'session',
    summary: 'The own saved views.',
    ok: Strict({ data: Type.Array(SavedView) }),
  },
  saveView: {
    method: 'PUT',
    path: '/api/me/views',
    role: 'Viewer',
    tag: 'session',
    summary: 'Keeps the filters of a page under a name; a view of the same name is replaced. At most 50 for each page.',
    body: SavedView,
    ok: SavedView,
  },
  deleteView: {
    method: 'DELETE',
    path: '/api/me/views/:page/:name',
    role: 'Viewer',
    tag: 'session',
    summary: 'Forgets a saved view.',
    params: Strict({ page: Enum(VIEW_PAGES), name: ViewName }),
    ok: Message,
  },
} as const satisfies Record<string, Operation>
