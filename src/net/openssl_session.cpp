// See openssl_session.hpp. Tested by tests/unit/net/tls_stream_test.cpp.
#include "net/openssl_session.hpp"

#include <openssl/err.h>

#include <utility>

namespace socketio::net {

std::unique_ptr<tls_session> openssl_session::make(openssl::owned<SSL> ssl,
                                                   std::shared_ptr<const void> context) {
  BIO* const socket = BIO_new(way_to_the_socket());
  if (!socket) return nullptr;
  SSL_set_bio(ssl.get(), socket, socket);
  SSL_set_accept_state(ssl.get());
  std::unique_ptr<openssl_session> made(new openssl_session(std::move(ssl), std::move(context)));
  BIO_set_data(socket, made.get());
  BIO_set_init(socket, 1);
  return made;
}

openssl_session::openssl_session(openssl::owned<SSL> ssl,
                                 std::shared_ptr<const void> context) noexcept
    : ssl_(std::move(ssl)), context_(std::move(context)) {}

// ---- verbs

tls_session::outcome openssl_session::handshake() noexcept {
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl_.get());
  if (done != 1) return judge(done);
  context_.reset();
  if (const openssl::owned<X509> shown{SSL_get1_peer_certificate(ssl_.get())})
    peer_ = describe(*shown);
  return outcome::ok;
}

tls_session::outcome openssl_session::decrypt(std::span<char> into, std::size_t& got) noexcept {
  ERR_clear_error();
  const int done = SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
  return done == 1 ? outcome::ok : judge(done);
}

tls_session::outcome openssl_session::encrypt(std::string_view bytes, std::size_t& taken) noexcept {
  ERR_clear_error();
  const int done = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &taken);
  return done == 1 ? outcome::ok : judge(done);
}

tls_session::outcome openssl_session::judge(int returned) noexcept {
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ: return outcome::wants_read;
    case SSL_ERROR_WANT_WRITE: return outcome::wants_write;
    case SSL_ERROR_ZERO_RETURN: return outcome::end;
    default: break;
  }
  broken_ = true;
  if (!SSL_is_init_finished(ssl_.get())) note_problem();
  ERR_clear_error();
  return outcome::failed;
}

void openssl_session::note_problem() {
  spoke_http_ = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
  problem_ = openssl::reasons();
}

void openssl_session::say_goodbye() noexcept {
  if (broken_ || failed() || !SSL_is_init_finished(ssl_.get())) return;
  if (SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) return;
  ERR_clear_error();
  if (SSL_shutdown(ssl_.get()) < 0) ERR_clear_error();
}

// ---- the way to the socket

const BIO_METHOD* openssl_session::way_to_the_socket() {
  static const BIO_METHOD* const made = [] {
    BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socketio");
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_ctrl(method, bio_control);
    return method;
  }();
  return made;
}

int openssl_session::bio_read(BIO* bio, char* into, int bytes) noexcept {
  auto& self = *static_cast<openssl_session*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const transfer got = self.receive({into, static_cast<std::size_t>(bytes)});
  if (got.error == 0) return static_cast<int>(got.bytes);
  if (got.would_block()) BIO_set_retry_read(bio);
  return -1;
}

int openssl_session::bio_write(BIO* bio, const char* from, int bytes) noexcept {
  auto& self = *static_cast<openssl_session*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const outcome how = self.send({from, static_cast<std::size_t>(bytes)});
  if (how == outcome::ok) return bytes;
  if (how == outcome::wants_write) BIO_set_retry_write(bio);
  return -1;
}

long openssl_session::bio_control(BIO* bio, int what, long, void*) noexcept {
  if (what == BIO_CTRL_FLUSH) return 1;
  if (what != BIO_CTRL_EOF) return 0;
  return static_cast<const openssl_session*>(BIO_get_data(bio))->at_end_of_input() ? 1 : 0;
}

}  // namespace socketio::net
