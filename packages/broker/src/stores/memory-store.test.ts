import { MemoryStore } from './memory-store.js';
import { describeStore } from './store.suite.js';

describeStore('MemoryStore', {
  create: () => new MemoryStore(),
  // What memory keeps, it keeps in the same object.
  reopen: (store) => store,
});
