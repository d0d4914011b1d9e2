// The requests of a polling session: the GET that waits, the POST that is read, and what they are
// answered. Tested by tests/unit/net/engine_polling_test.cpp.
#include "net/engine_server_impl.hpp"
#include "wire/jsonp.hpp"

#include <optional>

namespace socketio::net {
namespace {

bool is_binary(const http_request& request) noexcept {
  return request.headers["Content-Type"] == "application/octet-stream";
}

http_response empty_response(unsigned status) {
  http_response answer;
  answer.status = status;
  return answer;
}

// HS-24: Internet Explorer suspected attacks in payloads.
bool is_internet_explorer(const http_request& request) noexcept {
  const std::string_view agent = request.headers["User-Agent"];
  return agent.find(";MSIE") != agent.npos || agent.find("Trident/") != agent.npos;
}

// HS-25. JS differs: engine.io 6.6.11, build/transports/index.js, asks the first request of a
// session; here each request is answered as it asks, so that the session need not remember it.
std::optional<std::string_view> jsonp_index(const http_request& request) noexcept {
  return request.query.find("j");
}

}  // namespace

live_session::polling_side::~polling_side() = default;

void live_session::on_request(std::shared_ptr<exchange> request) {
  const std::string& method = request->request().method;
  if (method == "GET") {
    on_get(std::move(request));
  } else if (method == "POST") {
    on_post(std::move(request));
  } else {
    request->respond(empty_response(500));  // HS-18
  }
}

void live_session::on_get(std::shared_ptr<exchange> request) {
  if (session_.on_poll(server_.now()) == engine::session::verdict::refused) {
    drain();
    return request->respond(empty_response(400));  // HS-14
  }
  const std::uint32_t number = ++polling_->polls;
  request->on_aborted([side = polling_, number] {
    if (side->owner && side->poll && side->polls == number) side->owner->on_poll_gone();
  });
  polling_->poll = std::move(request);
  drain();
}

void live_session::on_poll_gone() {
  server_.release_later(std::move(polling_->poll));
  session_.on_poll_aborted(server_.now());
  drain();
}

void live_session::answer_poll() {
  const std::shared_ptr<exchange> poll = std::move(polling_->poll);
  std::string body;
  const auto payload = session_.take_poll_payload(body);
  if (const auto j = jsonp_index(poll->request())) body = wire::jsonp_script(*j, body);
  const bool binary = payload.format == engine::message_kind::binary;
  const std::string_view type = binary ? "application/octet-stream" : "text/plain; charset=UTF-8";
  poll->respond(transport_response(type, std::move(body), poll->request(), payload.compressed));
}

void live_session::on_post(std::shared_ptr<exchange> request) {
  if (session_.on_data_begin(server_.now()) == engine::session::verdict::refused) {
    drain();
    return request->respond(empty_response(400));  // HS-16
  }
  if (is_binary(request->request()) && spoken() == engine::revision::four) {
    session_.on_bad_content_type(server_.now());
    drain();
    return request->respond(empty_response(400));  // HS-17
  }
  const std::uint32_t number = ++polling_->posts;
  polling_->data = request;
  request->read_body(server_.options().max_http_buffer_size,
                     [side = polling_, number](body_outcome outcome) {
                       if (!side->owner || !side->data || side->posts != number) return;
                       side->owner->on_body(outcome);
                     });
}

void live_session::on_body(body_outcome outcome) {
  std::shared_ptr<exchange> data = std::move(polling_->data);
  switch (outcome) {
    case body_outcome::complete:
      polling_->read = data;
      take_body(data->request());
      drain();
      return;
    case body_outcome::too_big:
      session_.on_data_refused(server_.now());
      data->respond(empty_response(413));  // ER-10
      break;
    case body_outcome::aborted:
      session_.on_data_aborted(server_.now());
      drain();
      break;
  }
  server_.release_later(std::move(data));
}

void live_session::take_body(http_request& request) {
  if (jsonp_index(request)) {
    auto payload = wire::jsonp_payload(request.body);
    if (!payload) return session_.on_data_refused(server_.now());
    request.body = *std::move(payload);
  }
  const bool binary = is_binary(request);
  session_.on_data(request.body, server_.now(),
                   binary ? engine::message_kind::binary : engine::message_kind::text);
}

// The body is decoded. Also when the session has just closed because of what it said (HS-21).
void live_session::answer_data() {
  const std::shared_ptr<exchange> data = std::move(polling_->read);
  data->respond(transport_response("text/html", "ok", data->request()));
  server_.release_later(data);
}

void live_session::abort_data() {
  std::shared_ptr<exchange> data = std::move(polling_->data);
  if (!data) return;
  data->abort();
  server_.release_later(std::move(data));
}

http_response live_session::transport_response(std::string_view type, std::string body,
                                               const http_request& to, bool compressed) const {
  http_response answer;
  answer.headers.add("Content-Type", std::string(type));
  answer.body = std::move(body);
  if (compressed) server_.compression().encode(answer, to);
  if (is_internet_explorer(to)) answer.headers.add("X-XSS-Protection", "0");
  answer.headers.add("cache-control", "no-store");
  const engine_hooks& hooks = server_.hooks();
  if (to.query["sid"].empty()) {
    if (hooks.on_first_poll) hooks.on_first_poll(answer.headers, sid());
    if (hooks.on_initial_headers) hooks.on_initial_headers(answer.headers, to);
  }
  if (hooks.on_headers) hooks.on_headers(answer.headers, to);
  return answer;
}

}  // namespace socketio::net
