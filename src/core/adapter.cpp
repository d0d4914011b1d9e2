// The in-memory adapter: to all shards of this server. Tested by tests/unit/core/adapter_test.cpp
// and tests/integration/adapter_test.cpp.
#include "socketio/adapter.hpp"

#include "core/broadcast_ack.hpp"
#include "core/delivery.hpp"
#include "core/hub.hpp"
#include "core/receiver_in_transit.hpp"
#include "core/server_side.hpp"
#include "core/socket.hpp"

#include <bit>
#include <utility>

namespace socketio {

adapter::~adapter() = default;

std::string_view adapter::nsp_name() const noexcept { return group_->name(); }
nsp adapter::of() const { return nsp(group_->shared_part(0)); }

void adapter::close(std::function<void()> closed) { closed(); }

void adapter::server_count(std::function<void(std::error_code, std::size_t)> done) { done({}, 1); }

// ---- membership

void adapter::add_all(const socket& who, std::span<const std::string> rooms) {
  who.impl()->of().rooms().add_all(*who.impl(), rooms);
}
void adapter::del(const socket& who, std::string_view room) {
  who.impl()->of().rooms().del(*who.impl(), room);
}
void adapter::del_all(const socket& who) { who.impl()->of().rooms().del_all(*who.impl()); }

// ---- to sockets

bool adapter::broadcast(const broadcast_packet& what, const broadcast_options& to) {
  return core::deliver(*group_, what, to);
}

void adapter::broadcast_with_ack(const broadcast_packet& what, const broadcast_options& to,
                                 const std::shared_ptr<answer_collector>& answers) {
  const auto collector = std::static_pointer_cast<core::broadcast_ack>(answers);
  const core::shard_set reached = group_->reach(to.rooms);
  collector->expect_shards(static_cast<std::size_t>(std::popcount(reached)));
  core::ask(*group_, reached, what, to, collector);
}

void adapter::sockets(const broadcast_options& of,
                      std::function<void(std::vector<std::string>)> done) {
  core::fetch_ids(*group_, of, std::move(done));
}

void adapter::fetch_sockets(const broadcast_options& of,
                            std::function<void(std::error_code, std::vector<remote_socket>)> done) {
  core::fetch_sockets(*group_, of, [done = std::move(done)](std::vector<remote_socket> found) {
    done({}, std::move(found));
  });
}

void adapter::add_sockets(const broadcast_options& which, std::span<const std::string> rooms) {
  core::add_sockets(*group_, which, rooms);
}
void adapter::del_sockets(const broadcast_options& which, std::span<const std::string> rooms) {
  core::del_sockets(*group_, which, rooms);
}
void adapter::disconnect_sockets(const broadcast_options& which, bool close) {
  core::disconnect_sockets(*group_, which, close);
}

// ---- between servers

// Nobody else is there to answer.
void adapter::server_side_emit(const broadcast_packet&, std::shared_ptr<server_answers> answers) {
  if (answers) answers->end();
}

// Where it was emitted, or the first shard.
struct server_answers::state {
  state(core::nsp& at, std::unique_ptr<detail::broadcast_receiver> to)
      : home(at.shared_from_this()), receiver(std::move(to)) {}
  std::shared_ptr<core::nsp> home;
  core::receiver_in_transit<detail::broadcast_receiver> receiver;
};

server_answers::server_answers(core::nsp_group& of, std::unique_ptr<detail::broadcast_receiver> to)
    : state_(std::make_shared<state>(of.home(), std::move(to))) {}

void server_answers::answer(std::string_view server, value what) {
  const auto tell = [of = state_, server = std::string(server),
                     all = value(value::array{std::move(what)})](core::nsp& home) {
    detail::broadcast_receiver* const to = of->receiver.get();
    if (!to) return;
    home.guard("server_side_emit", [&] { to->on_answer(server, detail::input_of(all)); });
  };
  core::on_shards(state_->home->group(), core::only(state_->home->index()), tell);
}

void server_answers::end(std::error_code why, std::vector<std::string> missing) {
  const auto tell = [of = state_, why, missing = std::move(missing)](core::nsp& home) {
    const auto to = of->receiver.take();
    if (to) home.guard("server_side_emit", [&] { to->on_end(why, missing); });
  };
  core::on_shards(state_->home->group(), core::only(state_->home->index()), tell);
}

void adapter::deliver_server_side(const broadcast_packet& what, std::function<void(value)> answer) {
  core::deliver_server_side(*group_, what, std::move(answer));
}

namespace {

// Hands on what it is told, as it comes.
struct forwarding_receiver final : detail::broadcast_receiver {
  forwarding_receiver(std::function<void(std::size_t)> first, std::function<void(value)> then)
      : asked(std::move(first)), answered(std::move(then)) {}
  void on_asked(std::size_t clients) override { asked(clients); }
  void on_answer(std::string_view, const input& arguments) override {
    input::walk walk(arguments);
    input first;
    answered(walk.next(first) ? value::from(first) : value());
  }
  void on_end(std::error_code, std::vector<std::string>) override {}

  std::function<void(std::size_t)> asked;
  std::function<void(value)> answered;
};

}  // namespace

void adapter::ask_here(const broadcast_packet& what, const broadcast_options& to,
                       std::function<void(std::size_t)> asked,
                       std::function<void(value)> answered) {
  core::ask_everybody(*group_, what, to,
                      std::make_unique<forwarding_receiver>(std::move(asked), std::move(answered)),
                      [this](const auto& collector, const auto& packet, const auto& options) {
                        adapter::broadcast_with_ack(packet, options, collector);
                      });
}

}  // namespace socketio
