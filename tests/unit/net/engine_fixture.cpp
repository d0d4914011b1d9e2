// See engine_fixture.hpp.
#include "unit/net/engine_fixture.hpp"

#include <algorithm>
#include <array>

namespace socketio::net::testing {

// ---- virtual_shard

void virtual_shard::run_posted() {
  while (!posted_.empty()) {
    auto work = std::move(posted_.front());
    posted_.pop_front();
    work();
  }
}

void virtual_shard::advance(duration time, const std::function<void()>& end_of_turn) {
  const time_point until = now_ + time;
  for (;;) {
    const auto next = wheel_.next_expiry();
    if (!next || *next > until) break;
    now_ = std::max(now_, *next);
    wheel_.advance(now_);
    end_of_turn();
  }
  now_ = until;
  wheel_.advance(now_);
  end_of_turn();
}

// ---- fake_websocket

void fake_websocket::close(bool after_queue, std::optional<std::uint16_t> code, std::string_view) {
  EXPECT_TRUE(open()) << "closed twice";
  EXPECT_FALSE(code) << "WS-06: no status code";
  sink_ = nullptr;
  engine::send_queue* const queue = std::exchange(queue_, nullptr);
  if (after_queue && queue) {
    engine::send_queue rest = std::exchange(*queue, engine::send_queue{});
    if (reads) write(rest);
  }
  closed = true;
}

void fake_websocket::abort() {
  sink_ = nullptr;
  queue_ = nullptr;
  cut = true;
}

void fake_websocket::receive(std::string_view text) { receive({false, std::string(text)}); }
void fake_websocket::receive_binary(std::string_view bytes) { receive({true, std::string(bytes)}); }

// The message is freed afterwards: ASan sees who keeps a view.
void fake_websocket::receive(message what) {
  if (paused_until_ != time_point{}) return unread_.push_back(std::move(what));
  if (open() && sink_) sink_->on_websocket_message(what.binary, what.data);
}

void fake_websocket::resume(time_point now) {
  if (now < paused_until_) return;
  paused_until_ = {};
  for (auto waiting = std::exchange(unread_, {}); !waiting.empty(); waiting.pop_front())
    receive(std::move(waiting.front()));
}

void fake_websocket::lose(reason why, cause what) {
  lost = true;
  queue_ = nullptr;
  if (auto* const told = std::exchange(sink_, nullptr))
    told->on_websocket_closed(why, what, "lost");
}

void fake_websocket::flush() {
  if (!std::exchange(dirty_, false) || !open() || !queue_ || !reads) return;
  const bool had = !queue_->empty();
  write(*queue_);
  if (had && tells_flushed_ && sink_) sink_->on_websocket_flushed();
}

// Server frames are unmasked and final; what the session queues is one packet each.
void fake_websocket::write(engine::send_queue& queue) {
  std::array<iovec, 1> piece;
  while (queue.gather(piece) == 1) {
    const std::string_view wire(static_cast<const char*>(piece[0].iov_base), piece[0].iov_len);
    const std::size_t head = wire[1] == 126 ? 4 : wire[1] == 127 ? 10 : 2;
    sent.push_back(((wire[0] & 0x0F) == 2 ? "<binary>" : "") + std::string(wire.substr(head)));
    queue.consume(wire.size());
  }
}

std::string fake_websocket::next() {
  if (sent.empty()) return "<nothing>";
  std::string first = std::move(sent.front());
  sent.pop_front();
  return first;
}

// ---- fake_exchange

void fake_exchange::read_body(std::size_t bytes_max, std::function<void(body_outcome)> done) {
  EXPECT_FALSE(body_done_) << "the body is read twice";
  body_max = bytes_max;
  body_done_ = std::move(done);
  if (lost) finish_body(body_outcome::aborted);
}

void fake_exchange::respond(http_response response) {
  EXPECT_FALSE(answered()) << "answered twice";
  gone_ = nullptr;
  answer = std::move(response);
}

void fake_exchange::on_aborted(std::function<void()> gone) {
  if (!answered()) gone_ = std::move(gone);
}

void fake_exchange::abort() {
  EXPECT_FALSE(answered());
  cut = true;
  gone_ = nullptr;
  finish_body(body_outcome::aborted);  // inside this call: the worst case
}

std::shared_ptr<websocket> fake_exchange::accept_websocket(const websocket_limits& with) {
  EXPECT_FALSE(answered());
  gone_ = nullptr;
  limits = with;
  if (!valid_websocket || lost) {
    answer = http_response::text(400, "not a websocket");
    return nullptr;
  }
  accepted = std::make_shared<fake_websocket>();
  if (agreed)
    accepted->deflate = std::make_unique<wire::permessage_deflate>(limits.deflate, *agreed);
  return accepted;
}

void fake_exchange::body(std::string text) {
  request_.body = std::move(text);
  finish_body(body_outcome::complete);
}

void fake_exchange::body_too_big() { finish_body(body_outcome::too_big); }

void fake_exchange::lose() {
  lost = true;
  finish_body(body_outcome::aborted);
  if (gone_) std::exchange(gone_, nullptr)();
}

void fake_exchange::finish_body(body_outcome outcome) {
  if (body_done_) std::exchange(body_done_, nullptr)(outcome);
}

// ---- recording_sink

void recording_sink::on_message(engine::message_kind format, std::string_view data) {
  note((format == engine::message_kind::binary ? "binary " : "message ") + std::string(data));
}

void recording_sink::on_closed(const disconnect_reason& closed_because) {
  why = closed_because;
  note("closed " + std::string(why.text()));
  session = nullptr;
}

void recording_sink::note(std::string entry) {
  EXPECT_NE(session, nullptr) << "on_closed is the last call";
  log.push_back(std::move(entry));
  if (reaction) reaction(*this, std::string(log.back()));
}

void recording_sink::send(std::string_view text, wire::frame_class kind) {
  const auto frame = wire::frame::text({"4", text}, kind);
  if (session) session->send({&frame, 1});
}

// ---- engine_fixture

engine_fixture::engine_fixture() {
  options.ping_interval = milliseconds(300);
  options.ping_timeout = milliseconds(200);
  hooks.on_session = [this](engine_session& opened, const http_request&) {
    sinks.push_back(std::make_unique<recording_sink>(opened));
    sinks.back()->reaction = reaction;
    return sinks.back().get();
  };
}

engine_fixture::~engine_fixture() = default;

fake_exchange* engine_fixture::ask(std::string method, std::string query, bool upgrade,
                                   http_headers headers, bool valid_websocket) {
  if (!server) start();
  if (query.find("EIO=") == query.npos) query = "EIO=4&" + query;
  const auto made = std::make_shared<fake_exchange>();
  http_request& request = made->request();
  request.method = std::move(method);
  request.target = "/socket.io/?" + query;
  request.path = "/socket.io/";
  request.query = http_query(query);
  request.headers = std::move(headers);
  request.upgrade = upgrade;
  made->valid_websocket = valid_websocket;
  made->agreed = agreed;
  exchanges.push_back(made);
  server->handle(made);
  if (made->accepted) websockets.push_back(made->accepted);
  return made.get();
}

fake_exchange* engine_fixture::post(const std::string& sid, std::string body) {
  fake_exchange* const request = post(sid, http_headers{});
  if (request->reading()) request->body(std::move(body));
  return request;
}

recording_sink& engine_fixture::open_polling() {
  const auto request = ask("GET", "transport=polling");
  EXPECT_EQ(request->status(), 200u);
  return *sinks.back();
}

recording_sink& engine_fixture::open_websocket() {
  const auto request = ask("GET", "transport=websocket", true);
  EXPECT_TRUE(request->accepted);
  turn();
  if (request->accepted) {
    EXPECT_EQ(request->accepted->next().substr(0, 2), "0{");
  }
  return *sinks.back();
}

fake_websocket* engine_fixture::upgrade(recording_sink& who) {
  fake_websocket* const websocket = candidate(who.sid);
  websocket->receive("2probe");
  EXPECT_EQ(websocket->next(), "3probe");
  websocket->receive("5");
  turn();
  return websocket;
}

void engine_fixture::turn() {
  for (int i = 0; i < 3; ++i) {
    shard.run_posted();
    for (const auto& websocket : std::deque(websockets)) websocket->flush();
  }
  shard.run_posted();
}

void engine_fixture::wait(duration time) {
  turn();  // no time passes within one
  shard.advance(time, [this] {
    for (const auto& websocket : std::deque(websockets)) websocket->resume(shard.now());
    turn();
  });
}

void engine_fixture::lose_everything() {
  for (const auto& request : std::deque(exchanges)) {
    if (!request->answered() && !request->lost) request->lose();
  }
  for (const auto& websocket : std::deque(websockets)) {
    if (websocket->open()) websocket->lose();
  }
  wait(60s);  // polling sessions without a request are missed by their heartbeat
}

void engine_fixture::expect_no_state_left() {
  turn();
  const engine_counters& counters = server->counters();
  EXPECT_EQ(counters.sessions, 0u);
  EXPECT_EQ(counters.polling, 0u);
  EXPECT_EQ(counters.websocket, 0u);
  EXPECT_EQ(counters.opened_total, counters.closed_total);
  EXPECT_EQ(shard.timers().size(), 0u);
  for (const auto& sink : sinks) {
    EXPECT_EQ(sink->session, nullptr) << sink->sid << " was not told that it closed";
    EXPECT_EQ(std::count_if(sink->log.begin(), sink->log.end(),
                            [](const auto& entry) { return entry.starts_with("closed"); }),
              1);
  }
  for (const auto& request : exchanges) {
    EXPECT_EQ(request.use_count(), 1)
        << "somebody keeps " << request->request().method << " " << request->request().target;
    EXPECT_TRUE(request->answered() || request->lost);
    finished.push_back(request);
  }
  exchanges.clear();
  for (const auto& websocket : websockets) {
    EXPECT_FALSE(websocket->open()) << "a WebSocket was left open";
    EXPECT_EQ(websocket.use_count(), 2)
        << "somebody keeps a WebSocket";  // its exchange does, for the tests
    finished.push_back(websocket);
  }
  websockets.clear();
}

}  // namespace socketio::net::testing
