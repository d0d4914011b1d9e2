// The upgrade as the driver sees it: a second sink for the candidate, and the moment in which it
// becomes the transport.
//
// While the messages of a payload are handed out over several turns, the candidate is not read:
// what it says is said behind them, and every action that it causes is carried out at once.
//
// Tested by tests/unit/net/engine_upgrade_test.cpp.
#include "net/engine_server_impl.hpp"

namespace socketio::net {
namespace {

// Longer than a turn, which begins the next pause; and hardly anything is lost by waiting so long
// behind the last one.
constexpr milliseconds candidate_pause{2};

}  // namespace

void live_session::on_candidate(std::shared_ptr<websocket> candidate, bool text_only) {
  const auto now = server_.shard().exact_now();
  if (log().debugs(debug_name::engine_ws)) [[unlikely]]
    log().debug(debug_name::engine_ws, "candidate for an upgrade", {{"sid", sid()}});
  if (session_.on_candidate(now, text_only) == engine::session::verdict::refused) {
    return candidate->close(/*after_queue=*/false);  // WS-09
  }
  polling_->candidate = std::make_unique<candidate_side>(*this, std::move(candidate));
  drain();
}

void live_session::hold_candidate() {
  if (!polling_ || !polling_->candidate) return;
  polling_->candidate->link->pause_reading(server_.shard().exact_now() + candidate_pause);
}

// Each of these may end the candidate, so nothing of it is touched afterwards.
void live_session::candidate_side::on_websocket_message(bool binary, std::string_view data) {
  const auto format = binary ? engine::message_kind::binary : engine::message_kind::text;
  owner.session_.on_candidate_message(format, data, owner.server_.now());
  owner.drain();
}

void live_session::candidate_side::on_websocket_closed(reason, cause, std::string) {
  owner.session_.on_candidate_closed(owner.server_.now());
  owner.forget_candidate();
}

void live_session::forget_candidate() {
  const std::unique_ptr<candidate_side> gone = std::move(polling_->candidate);
  server_.release_later(std::move(gone->link));
  drain();
}

// Beyond this point the session has no polling side.
void live_session::promote_candidate() {
  if (polling_->read) answer_data();
  websocket_ = std::move(polling_->candidate->link);
  deflates_ = websocket_->extension() != nullptr;
  polling_->owner = nullptr;
  polling_->let_go();
  polling_.reset();
  websocket_->set_sink(this);
  websocket_->tell_flushed(sink_ && sink_->hears_drained());
  websocket_->set_queue(&session_.outgoing());
  tell_transport("websocket", "open");
  if (!session_.outgoing().empty()) websocket_->flush_later();
}

void live_session::close_candidate() {
  const std::unique_ptr<candidate_side> candidate = std::move(polling_->candidate);
  candidate->link->set_sink(nullptr);
  candidate->link->close(/*after_queue=*/false);
  server_.release_later(std::move(candidate->link));
}

}  // namespace socketio::net
