// What a program may expect of the types that openapi-typescript makes of the
// document. It is compiled on behalf of a test, and never run.
import type { components, operations, paths } from './api';

type Schemas = components['schemas'];

// A path leads to its operation, a status to its answer.
type Answer = paths['/api/v2/users/{userId}']['get']['responses'][200]['content']['application/json'];
export const name = (user: Answer): string | undefined => user.name;

// An answer may be nothing but a reference: no member has to be there.
export const reference: Schemas['User'] = { id: 'u', manager: { id: 'm' } };

// What is written must have what the upstream requires.
export const made: Schemas['CreateUser'] = { name: 'Ada', email: 'ada@example.com', divisionId: 'd' };
// @ts-expect-error the e-mail address is missing
export const unmade: Schemas['CreateUser'] = { name: 'Ada', divisionId: 'd' };

// A change clears with null, but not the version that it is based on.
export const change: Schemas['UpdateUser'] = { version: 3, department: null, state: null, chat: null };
// @ts-expect-error null is no version
export const blind: Schemas['UpdateUser'] = { version: null };

// Known values are there to choose from, and others may come.
export const state: Schemas['User']['state'] = 'dozing';
export const query: operations['getUsers']['parameters']['query'] = { expand: ['presence', 'brandNew'], pageSize: 100 };
// @ts-expect-error a page's size is a number
export const wrong: operations['getUsers']['parameters']['query'] = { pageSize: '100' };

// A job that still runs is a success with the same answer; nothing has no content.
type Job = operations['getAnalyticsUsersDetailsJob']['responses'];
export const progress = (answer: Job[200 | 202]): Schemas['AsyncQueryStatus'] => answer.content['application/json'];
export const nothing: operations['deleteUserRoutingskill']['responses'][204]['content'] = undefined;

// Every failure has one shape.
type Failure = operations['patchUser']['responses'][409 | 'default']['content']['application/json'];
export const stale = (failure: Failure): boolean => failure.code === 'switchboard.deadline_exceeded' || failure.code === 'general.conflict';
