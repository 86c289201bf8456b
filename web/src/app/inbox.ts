// What the reader is to be told.
import { get, request } from './api';
import { signal } from './signal';
import type { Names } from './lang';

export interface Notice {
  name: string; topic: string; title: Names; text?: Names; href: string; severity: 'info' | 'attention' | 'urgent'; state: 'open' | 'done' | 'settled';
  at: string; due?: string; read?: string; closed?: string; by?: string;
}
export interface InboxAnswer { open: number; unread: number; notices: Notice[] }

/** How many notices nobody has read yet: the badge in the bar. */
export const unread = signal(0);

export async function inbox(abort?: AbortSignal): Promise<InboxAnswer> {
  const got = await get<InboxAnswer>('/api/inbox', abort);
  unread.set(got.unread);
  return got;
}
export const mark = async (name: string, how: 'read' | 'done'): Promise<void> => { await request(`/api/inbox/${encodeURIComponent(name)}/${how}`, { method: 'POST' }); };
