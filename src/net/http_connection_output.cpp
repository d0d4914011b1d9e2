// The writing side of http_connection: answers in order, one gather write per turn, and how a
// connection ends.
#include "base/http_text.hpp"
#include "net/http_connection.hpp"
#include "net/websocket_connection.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <sys/uio.h>
#include <utility>

namespace socketio::net {
namespace {

// What a client may have sent for nothing, to a session that is gone.
constexpr std::size_t small_body_bytes = 16 * 1024;

}  // namespace

http_connection::slot* http_connection::find(const http_exchange& exchange) noexcept {
  const auto found = std::find_if(slots_.begin(), slots_.end(), [&exchange](const slot& each) {
    return each.exchange == &exchange;
  });
  return found == slots_.end() ? nullptr : &*found;
}

void http_connection::respond(http_exchange& answered, http_response response) {
  slot* const which = find(answered);
  if (!which) return;
  answer(*which, std::move(response), answered.extra_headers(), answered.head_only());
  advance();
}

void http_connection::drop(http_exchange& unanswered) {
  slot* const which = find(unanswered);
  if (!which) return;
  answer(*which, http_response::text(500, "the request was not answered"),
         unanswered.extra_headers(), unanswered.head_only());
  advance();
}

void http_connection::answer(slot& which, http_response response, const http_headers& extra,
                             bool head_only) {
  if (same_word(response.headers["Connection"], "close")) which.keep_alive = false;
  // The rest of an unread body cannot be told from the next request unless it is read. A small one
  // is; otherwise the connection is given up.
  if (reader_ && reader_ == which.exchange) {
    reader_ = nullptr;
    if (which.keep_alive && input_ == input::held && is_body_small()) {
      parser_->limit_body(small_body_bytes);
      input_ = input::body;  // on_body() throws it away
    } else {
      parser_.reset();
      input_ = input::finished;
      which.keep_alive = false;
      linger_ = true;
    }
  }
  if (input_ == input::upgrading && &which == &slots_.back()) {
    input_ = which.keep_alive ? input::head : input::finished;
  }
  which.exchange = nullptr;
  which.answered = true;
  append_response_head(response, extra, {.keep_alive = which.keep_alive, .head_only = head_only},
                       environment_->date.at(std::time(nullptr)), which.head);
  if (!head_only && !is_bodiless(response.status)) which.body = std::move(response.body);
  answered_bytes_ += which.bytes();
}

// With "Expect: 100-continue" it may not come at all.
bool http_connection::is_body_small() const noexcept {
  const auto length = parser_->content_length();
  return length && *length <= small_body_bytes && !parser_->expects_continue();
}

// Answers what is no request, behind everything that was asked before, and closes.
void http_connection::refuse(unsigned status, std::string_view text) {
  input_ = input::finished;
  linger_ = true;
  slot refused;
  refused.keep_alive = false;
  slots_.push_back(std::move(refused));
  answer(slots_.back(), http_response::text(status, std::string(text)), {}, false);
  advance();
}

// The same for a request that is known to the service already: it may no longer answer.
void http_connection::refuse_reader(unsigned status, std::string_view text) {
  http_exchange& reader = *reader_;
  const auto self = shared_from_this();
  answer(*find(reader), http_response::text(status, std::string(text)), reader.extra_headers(),
         false);
  advance();
  reader.connection_ended();
}

// Moves the answers whose turn has come to the output.
void http_connection::advance() {
  std::size_t done = 0;
  bool last = false;
  while (done < slots_.size() && slots_[done].answered && !last) {
    slot& ready = slots_[done++];
    answered_bytes_ -= ready.bytes();
    output_.push(std::move(ready.head));
    output_.push(std::move(ready.body));
    last = !ready.keep_alive;
  }
  slots_.erase(slots_.begin(), slots_.begin() + static_cast<std::ptrdiff_t>(done));
  if (last) {
    input_ = input::finished;
    closing_ = true;
  } else if (!slots_.empty() && std::exchange(slots_.front().owes_continue, false) &&
             input_ == input::body) {
    output_.push("HTTP/1.1 100 Continue\r\n\r\n");
  }
  shard_.mark_dirty(shared_from_this());
  if (last) abandon(std::exchange(slots_, {}));
}

// Requests that will never be answered. They are detached and held first, because whoever is told
// may call anything and let go of anything.
void http_connection::abandon(std::vector<slot> slots) {
  reader_ = nullptr;
  answered_bytes_ = 0;
  std::vector<std::shared_ptr<http_exchange>> unanswered;
  for (const slot& each : slots) {
    if (each.exchange) unanswered.push_back(each.exchange->weak_from_this().lock());
  }
  for (const auto& each : unanswered) {
    if (each) each->connection_ended();
  }
}

// ---- writing

void http_connection::flush() {
  if (stage_ == stage::closed) return;
  if (!blocked_ && !write()) return;
  if (closing_ && output_.bytes() == 0 && stage_ == stage::open) finish_output();
  if (stage_ == stage::closed) return;
  resume();
  move_if_due();
  watch();
  arm_timer();
}

void http_connection::on_writable() {
  blocked_ = false;
  flush();
}

// False when the connection ended.
bool http_connection::write() {
  while (output_.bytes() > 0) {
    std::array<iovec, 64> pieces;
    const std::size_t count = output_.gather(pieces);
    std::size_t offered = 0;
    for (std::size_t i = 0; i < count; ++i) offered += pieces[i].iov_len;
    const auto put = stream_.write_some({pieces.data(), count});
    if (put.error && !put.would_block()) {
      end();
      return false;
    }
    output_.consume(put.bytes);
    taken_ += put.bytes;
    progress_ |= put.bytes > 0;
    if (put.bytes < offered) {
      blocked_ = true;
      stream_.wait_writable(*this);
      return true;
    }
  }
  return true;
}

// Closing while the peer still sends would reset the connection and take the answer away from it:
// first only our side is closed, and what arrives is thrown away for a moment.
void http_connection::finish_output() {
  if (!stream_.say_goodbye()) {
    blocked_ = true;
    return stream_.wait_writable(*this);
  }
  if (!linger_ || peer_finished_) return end();
  stage_ = stage::lingering;
  stream_.shut_down_writing();
}

}  // namespace socketio::net
