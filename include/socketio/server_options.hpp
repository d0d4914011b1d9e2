// The options of a server with the official names and defaults (spec 1.10), and ours: limits and
// policies. Values that cannot work make the constructor of `server` throw std::invalid_argument
// with the value and the limit: times are at most 2,147,483,647 ms (where JavaScript's timers end),
// sizes at most 2^50 bytes.
#pragma once

#include "socketio/cookie.hpp"
#include "socketio/cors.hpp"
#include "socketio/tls.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace socketio {

class adapter;
class parser;
struct adapter_context;

// What happens to an event that finds a connection's send queue full. Heartbeats and connect
// packets are exempt; acknowledgements are never dropped: when they alone exceed the limit, the
// connection is closed in any case.
enum class overflow : std::uint8_t {
  close,        // the connection ends with cause::slow_consumer; the client reconnects
  drop_newest,  // the event is dropped
  drop_oldest,  // the oldest queued events are dropped
};

// Which header fields of a trusted proxy say who the client is.
enum class proxy_header : std::uint8_t {
  x_forwarded,  // X-Forwarded-For and X-Forwarded-Proto
  forwarded,    // Forwarded (RFC 7239)
};

struct server_options {
  // An address ("::" is IPv4 too), "localhost" (127.0.0.1), or "unix:/path" without a port.
  std::string host = "0.0.0.0";
  std::uint16_t port = 3000;  // 0: any free port, see server::port()

  // HTTPS and WSS instead of plain HTTP, at every TCP address; a Unix-domain socket stays plain. See
  // server::set_tls() for replacing the certificates.
  std::optional<tls_options> tls = std::nullopt;

  // ---- as in JavaScript
  std::string path = "/socket.io";
  bool add_trailing_slash = true;
  bool serve_client = true;  // the browser's client under path/socket.io.js
  std::chrono::milliseconds connect_timeout{45'000};
  std::chrono::milliseconds ping_interval{25'000};
  std::chrono::milliseconds ping_timeout{20'000};
  std::chrono::milliseconds upgrade_timeout{10'000};
  std::size_t max_http_buffer_size = 1'000'000;  // bytes of one message or polling request
  std::vector<std::string> transports = {"polling", "websocket"};
  bool allow_upgrades = true;
  std::optional<cors_options> cors = std::nullopt;      // none: no CORS headers
  std::optional<cookie_options> cookie = std::nullopt;  // none: no cookie
  std::string initial_packet = {};  // sent right after the handshake; none when empty
  // Upgrade requests for other paths are ended after this time; without it they stay, unanswered,
  // until the peer gives up or the server closes.
  bool destroy_upgrade = true;
  std::chrono::milliseconds destroy_upgrade_timeout{1'000};

  // Clients of Socket.IO 2 (Engine.IO revision 3) are served too; see docs/older-clients.md.
  bool allow_eio3 = false;

  // How packets are written; none: as JSON. See socketio/parser.hpp, and docs/parsers.md.
  std::shared_ptr<const socketio::parser> parser = nullptr;

  // ---- limits
  // What waits for one connection beyond what the kernel takes; at most 2 GiB. Before it counts,
  // the kernel is asked, so that what one handler emits may be more.
  std::size_t send_queue_bytes_max = 4 * 1024 * 1024;
  overflow send_queue_overflow = overflow::close;
  // Of the events that other threads, also those of other shards, have emitted and that wait for
  // the shard, per shard. Beyond it, emit() on these threads returns false, and an acknowledgement
  // is errc::refused; see server_counters::posts_refused.
  std::size_t posted_bytes_max = 64 * 1024 * 1024;
  std::size_t attachments_max = 10;  // binary attachments of one packet
  // Of all attachments of one packet, each counted as often as the packet uses it.
  std::size_t attachment_bytes_max = 10'000'000;
  std::size_t json_depth_max = 256;       // at most 10,000
  std::size_t pending_acks_max = 10'000;  // per socket
  std::size_t namespaces_per_client_max = 1'000;
  std::size_t rooms_per_socket_max = 10'000;  // its own not counted; see socket::join()
  std::size_t room_name_bytes_max = 512;
  // How long a packet may wait for its next attachment: a megabyte at 300 kbit/s takes 27 s.
  std::chrono::milliseconds attachments_timeout{30'000};
  std::chrono::milliseconds broadcast_ack_timeout{10'000};  // when timeout() was not said
  std::size_t http_header_bytes_max = 16 * 1024;
  std::chrono::milliseconds http_head_timeout{10'000};
  // From the first byte of a request to the last of its body. As long has a peer for taking its
  // answers, or 256 KiB of them at a time.
  std::chrono::milliseconds http_request_timeout{300'000};
  std::size_t http_body_bytes_max = 1'000'000;  // of requests to your own routes
  std::chrono::milliseconds close_timeout{
      2'000};  // how long close() waits for the last bytes to go out

  // A handler that keeps its shard from everything else for so long is told, with its name: see
  // server::on_blocked(). It takes a thread that wakes up four times in this time while the server
  // runs. 0: nobody watches.
  std::chrono::milliseconds blocked_after{100};

  // ---- namespaces that clients make, see server::of(pattern) and <socketio/parent_nsp.hpp>
  // Children of parents; beyond it a client that would make one more is refused with "Too many
  // namespaces", and those that you name yourself count, but are made. One takes about 5 KB, and as
  // much for each further shard's sockets. Without the cleanup whoever may make names can use them
  // up.
  std::size_t dynamic_namespaces_max = 10'000;
  std::size_t namespace_name_bytes_max = 256;   // of those that clients make
  bool cleanup_empty_child_namespaces = false;  // closed and forgotten with their last socket
  // Makes the adapter of each namespace; none: in memory. See <socketio/adapter.hpp>.
  std::function<std::unique_ptr<socketio::adapter>(const adapter_context&)> adapter = nullptr;
  // ---- the surface: who may come, and how (docs/http.md)
  // How long a connection may be quiet between two requests. Longer than the balancer in front.
  std::chrono::milliseconds http_keep_alive_timeout{65'000};
  // Handshakes and upgrades from pages of other origins are refused with 403 and code 4;
  // nobody is when it is empty. "https://example.org", "http://localhost:8080", "null". Who sends
  // no Origin is no page of a browser, or one of our own, and may come.
  std::vector<std::string> allowed_origins = {};
  // With allow_upgrades = false: a client that upgrades all the same is refused.
  bool refuse_unoffered_upgrades = false;
  // The proxies in front, as addresses or networks: "10.0.0.0/8", "fd00::/8", "unix:" for those
  // that come over a Unix-domain socket. They, and nobody else, say what the address of a client is
  // and whether it came over TLS.
  std::vector<std::string> trusted_proxies = {};
  proxy_header trusted_proxy_header = proxy_header::x_forwarded;
  // Sessions of one address at the same time, as the trusted proxies say it; an IPv6 address counts
  // with its /64. More are refused with 429. 0: no limit.
  std::size_t max_connections_per_address = 0;
  // TCP connections of one peer that speak HTTP: that have no session yet, or poll. More are closed
  // at once; trusted proxies may have any number. 0: no limit.
  std::size_t max_http_connections_per_address = 0;
  // The permissions of Unix-domain sockets, such as 0660; what the umask says when there is none.
  std::optional<unsigned> unix_socket_mode = std::nullopt;

  // Shards, at most 64: each is one thread with its own connections. With more than one, handlers
  // of different sockets run at the same time, those of one socket never do; see
  // socketio/server.hpp.
  unsigned threads = 1;
};

}  // namespace socketio
