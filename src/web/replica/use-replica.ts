/** How components read the replica: by the slices they name, drawn again only when one of those changed. */

import { createContext, useCallback, useContext, useSyncExternalStore } from 'react';
import type { Replica, Slice } from './replica.ts';
import type { ReplicaStore } from './replica-store.ts';

export const StoreContext = createContext<ReplicaStore | null>(null);

export function useStore(): ReplicaStore {
  const store = useContext(StoreContext);
  if (store === null) throw new Error('no replica store around this component');
  return store;
}

/** Returns the replica, and draws the component again after any of `slices` changed. `slices` must be a constant. */
export function useReplica(slices: readonly Slice[]): Replica {
  const store = useStore();
  const subscribe = useCallback((listener: () => void) => store.subscribe(slices, listener), [store, slices]);
  useSyncExternalStore(subscribe, () => store.version(slices));
  return store.replica;
}
