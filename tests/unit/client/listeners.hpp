// A list whose listeners write their names down.
#pragma once

#include "client/listener_table.hpp"
#include "client_home.hpp"

namespace socketio::client_side {

struct listeners {
  using body = std::function<void()>;

  void add(listener_id id, std::string name, bool once = false, bool first = false,
           std::string_view event = {}) {
    add(
        id, [this, name = std::move(name)] { told.push_back(name); }, once, first, event);
  }
  void add(listener_id id, body what, bool once = false, bool first = false,
           std::string_view event = {}) {
    list.add(id, event, std::move(what), once, first);
  }
  void call(std::string_view event = {}) {
    list.each(event, [](const body& run) { run(); });
  }
  void expect(const lines& wanted, std::string_view event = {}) {
    call(event);
    EXPECT_EQ(std::exchange(told, {}), wanted);
  }

  signal<> list;
  lines told;
};

}  // namespace socketio::client_side
