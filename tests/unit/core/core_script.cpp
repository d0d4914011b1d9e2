#include "unit/core/core_script.hpp"

namespace socketio::core_testing {

// ---- a connection

namespace {

http_request request_for(std::string_view target, const http_headers& headers) {
  http_request request;
  request.method = "GET";
  request.target = target;
  request.headers = headers;
  request.remote_address = "192.0.2.7";
  return request;
}

}  // namespace

connection::connection(house& at, std::string_view target, const http_headers& headers,
                       engine::revision spoken)
    : house_(at), spoken_(spoken), client_(at.inside(), *this, request_for(target, headers)) {
  client_.begin();
}

connection& connection::says(std::string_view packet) {
  if (!closed_) client_.on_text(packet);
  house_.turn();
  return *this;
}

connection& connection::says_binary(std::string_view bytes) {
  if (!closed_) client_.on_binary(bytes);
  house_.turn();
  return *this;
}

void connection::hang_up(reason why) {
  if (std::exchange(closed_, true)) return;
  if (!closing_) why_ = {why, cause::connection_lost, {}};
  client_.on_closed(why_);
  house_.turn();
}

std::string connection::join(std::string_view nsp, std::string_view auth) {
  const std::string suffix = nsp == "/" ? "" : std::string(nsp) + ",";
  says("0" + suffix + std::string(auth));
  const std::string head = "0" + suffix + R"({"sid":")";
  for (auto at = arrived_.begin(); at != arrived_.end(); ++at) {
    if (!at->starts_with(head)) continue;
    const std::string id = at->substr(head.size(), 20);
    arrived_.erase(at);
    return id;
  }
  return "";
}

std::string connection::next() {
  if (arrived_.empty()) return "";
  const std::string first = std::move(arrived_.front());
  arrived_.pop_front();
  if (arrived_.empty()) queued_ = 0;
  return first;
}

std::vector<std::string> connection::all() {
  const auto everything = std::exchange(arrived_, {});
  queued_ = 0;
  return {everything.begin(), everything.end()};
}

engine::send_queue::outcome connection::send(std::span<const wire::frame> group) {
  if (closing_) return engine::send_queue::outcome::closed;
  if (outcome != engine::send_queue::outcome::queued) return outcome;
  if (queue_bytes_max > 0)
    if (const auto here = queue(group); here != engine::send_queue::outcome::queued) return here;
  packets++;
  if (keep_packets)
    for (const auto& frame : group)
      arrived_.push_back(frame.is_binary() ? "<binary>" + std::string(frame.packet())
                                           : std::string(frame.packet().substr(1)));
  return outcome;
}

// As a queue without drop_oldest does it, of events and control frames.
engine::send_queue::outcome connection::queue(std::span<const wire::frame> group) {
  std::size_t bytes = 0;
  for (const auto& frame : group) bytes += frame.size();
  const bool exempt = group.front().kind() == wire::frame_class::control;
  if (!exempt && queued_ + bytes > queue_bytes_max) {
    if (overflow != engine::overflow_policy::close) return engine::send_queue::outcome::dropped;
    close(reason::transport_close, cause::slow_consumer, "the queue is full");
    return engine::send_queue::outcome::overflow;
  }
  queued_ += bytes;
  return engine::send_queue::outcome::queued;
}

bool connection::close(reason why, cause what, std::string detail) {
  if (std::exchange(closing_, true)) return closes_at_once;
  why_ = {why, what, std::move(detail)};
  if (closes_at_once) house_.shard->post([this] { hang_up(); });
  return closes_at_once;
}

// ---- the house

house::house(hub_options with)
    : options_(with), hub_(std::make_unique<hub>(shard, random_, options_, all_)) {
  hub_->on_exception = [this](std::exception_ptr what, std::string_view where) {
    try {
      std::rethrow_exception(what);
    } catch (const std::exception& error) {
      errors.push_back(std::string(where) + ": " + error.what());
    } catch (...) {
      errors.push_back(std::string(where) + ": not an exception");
    }
  };
  hub_->of("/");
}

house::~house() {
  burn_down();
  EXPECT_TRUE(errors.empty()) << errors.size()
                              << " exceptions were reported, the first: " << errors.front();
}

connection& house::connect(std::string_view target, const http_headers& headers) {
  return *connections_.emplace_back(std::make_unique<connection>(*this, target, headers));
}

connection& house::connect_older() {
  connections_.push_back(std::make_unique<connection>(*this, "/socket.io/?EIO=3", http_headers(),
                                                      engine::revision::three));
  turn();
  return *connections_.back();
}

guest house::welcome(std::string_view nsp) {
  connection& peer = connect();
  const std::string id = peer.join(nsp);
  EXPECT_NE(id, "") << "nobody was welcome in " << nsp;
  return {peer, find(id, nsp)};
}

socketio::socket house::find(std::string_view id, std::string_view nsp) {
  for (const auto& one : of(nsp).local_sockets())
    if (one.id() == id) return one;
  return {};
}

void house::close() {
  hub_->close();
  turn();
  for (const auto& one : connections_) one->hang_up(reason::forced_close);
}

void house::burn_down() {
  if (!hub_) return;
  close();
  EXPECT_EQ(counters().sockets.get(), 0u);
  EXPECT_EQ(counters().pending_acks.get(), 0u);
  connections_.clear();
  EXPECT_EQ(counters().clients.get(), 0u);
  shard->stop();
  EXPECT_EQ(shard->timers().size(), 0u) << "a timer is still armed";
  hub_.reset();
}

}  // namespace socketio::core_testing
