// Who answers a request: the browser's client, the engine, or the application's own routes (HS-02,
// HS-03, BU-02).
#include "engine/cors.hpp"
#include "server/client_bundle.hpp"
#include "server/shard.hpp"

#include <stdexcept>

namespace socketio {
// A request for a session goes where the session is; without an id, or with one that nobody has, it
// stays.
net::http_service::handover server::impl::shard::elsewhere(const http_request& head) {
  if (server_.shards.size() == 1 || !server_.matches(head.target)) return {};
  const std::string_view sid = head.query["sid"];
  if (sid.empty()) return {};
  unsigned owner = index;
  if (server_.hooks.generate_id || server_.hooks.generate_id_later)
    owner = server_.ids.find(sid).value_or(index);
  else if (sid.size() == session_id::length)
    owner = session_id(sid).shard();
  if (owner == index || owner >= server_.shards.size()) return {};
  shard& there = *server_.shards[owner];
  return [&there](net::loose_stream connection, std::string received) {
    // std::function must be copyable
    const auto on_its_way = std::make_shared<net::loose_stream>(std::move(connection));
    there.loop->post([&there, on_its_way, received = std::move(received)] {
      there.adopt(std::move(*on_its_way), received);
    });
  };
}

void server::impl::shard::on_request(std::shared_ptr<net::exchange> request) {
  http_request& asked = request->request();
  server_.proxies.apply(asked);
  if (server_.matches(asked.target)) {
    if (server_.options.serve_client && !asked.upgrade && serve_bundle(*request)) return;
    return engine->handle(std::move(request));
  }
  if (asked.upgrade) return leave_upgrade(std::move(request));
  serve_route(std::move(request));
}

// True when the request was for a file of the bundle and is answered.
bool server::impl::shard::serve_bundle(net::exchange& request) {
  const http_request& asked = request.request();
  if (!asked.path.starts_with(server_.prefix)) return false;
  std::string_view file = std::string_view(asked.path).substr(server_.prefix.size());
  while (file.starts_with('/')) file.remove_prefix(1);
  auto found = web::answer_client_bundle(asked, file);
  if (!found) return false;
  if (server_.options.cors) {  // BU-06
    try {
      const auto cors = engine::apply_cors(*server_.options.cors, asked, request.extra_headers());
      if (cors.preflight) found = http_response{cors.status, {}, {}};
    } catch (...) {  // is reported; the original serves it all the same
    }
  }
  request.respond(std::move(*found));
  return true;
}

// A request whose answer may come from any thread, or never: the exchange belongs to the shard, and
// goes home in any case.
struct server::impl::shard::answerable {
  answerable(std::shared_ptr<net::exchange> what, const shard& where)
      : request(std::move(what)), home(where.loop), of(where.server_.weak_from_this()) {}
  answerable(const answerable&) = delete;
  answerable& operator=(const answerable&) = delete;
  ~answerable() {
    if (!home->on_thread()) home->post([request = std::move(request)] {});
  }

  void answer(http_response response) {
    if (home->on_thread()) return give(*request, of, std::move(response));
    home->post([asked = request, of = of, response = std::move(response)]() mutable {
      give(*asked, of, std::move(response));
    });
  }

  // Below 200 the peer would wait for another answer, or for another protocol.
  static void give(net::exchange& asked, const std::weak_ptr<impl>& of, http_response response) {
    if (response.status < 200 || response.status > 599) {
      const std::out_of_range wrong("the status of the response is " +
                                    std::to_string(response.status) + ", possible are 200 to 599");
      if (const auto still = of.lock())
        still->report_on_shard(std::make_exception_ptr(wrong), "route " + asked.request().path);
      response = http_response::text(500, "internal server error\n");
    }
    asked.respond(std::move(response));
  }

  std::shared_ptr<net::exchange> request;
  std::shared_ptr<net::loop> home;
  std::weak_ptr<impl> of;
};

void server::impl::shard::serve_route(std::shared_ptr<net::exchange> request) {
  if (!server_.routes.knows(request->request().path)) return request->respond({404, {}, {}});
  const auto answer = [this, request](net::body_outcome outcome) {
    if (outcome == net::body_outcome::aborted) return;
    if (outcome == net::body_outcome::too_big)
      return request->respond(http_response::text(
          413, "the body is larger than " + std::to_string(server_.options.http_body_bytes_max) +
                   " bytes\n"));
    const auto asked = std::make_shared<answerable>(request, *this);
    const std::string name = "route " + request->request().path;
    const activity::scope running(&loop->running, {name, {}});
    server_.routes.dispatch(request->request(), [asked](http_response response) {
      asked->answer(std::move(response));
    });
  };
  request->read_body(server_.options.http_body_bytes_max, answer);
}

// WS-17: an upgrade for another path is ended after a while, if nobody took it.
void server::impl::shard::leave_upgrade(std::shared_ptr<net::exchange> request) {
  const std::weak_ptr<net::exchange> waiting = request;
  request->on_aborted([request] {});  // keeps it until then
  if (!server_.options.destroy_upgrade) return;
  set_timeout(loop->exact_now() + server_.options.destroy_upgrade_timeout, [waiting] {
    if (const auto still = waiting.lock(); still && !still->answered()) still->abort();
  });
}

}  // namespace socketio
