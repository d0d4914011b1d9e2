// What the handles have in common: a call goes to the reactor, directly when it is already there,
// and listeners are added where they are. A handle without anything behind it does nothing.
#pragma once

#include "client/listener_table.hpp"

#include <memory>
#include <utility>

namespace socketio::client_side {

template <class State, class Work>
void on_shard(const std::shared_ptr<State>& state, Work&& work) {
  if (!state) return;
  if (state->shard()->on_thread()) return work(*state);
  state->shard()->post([state, work = std::forward<Work>(work)]() mutable { work(*state); });
}

// Registers a listener under a new id.
template <class State, class List, class Function>
listener_id add_listener(const std::shared_ptr<State>& state, List State::*list, Function&& handler,
                         bool first = false) {
  const listener_id id = next_listener_id();
  if (state) ((*state).*list).add(id, {}, std::forward<Function>(handler), false, first);
  return id;
}

}  // namespace socketio::client_side
