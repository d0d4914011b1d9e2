// HTTPS and WSS: a certificate and its key, renewed without a restart; another one for another
// host; what is known of clients that have one too.
//
//   example_https 3443 chain.pem key.pem [client-authorities.pem [chat-chain.pem chat-key.pem]]
#include "serve.hpp"

#include <exception>

using socketio::http_request;
using socketio::http_response;

namespace {

socketio::server_options secure_options(int argc, char** argv) {
  const std::string certificate = argv[2], key = argv[3];
  // [certificate]
  socketio::server_options options = options_from(argc, argv);
  options.tls = socketio::tls_options{.certificate = certificate, .key = key};
  // [/certificate]
  if (argc > 4) {
    const std::string authorities = argv[4];
    // [ask]
    options.tls->client = socketio::client_certificates::request;  // or require
    options.tls->client_authorities = authorities;
    // [/ask]
  }
  if (argc > 6) {
    const std::string chat_certificate = argv[5], chat_key = argv[6];
    // [hosts]
    options.tls->hosts = {{.names = {"chat.example", "*.chat.example"},
                           .certificate = chat_certificate,
                           .key = chat_key}};
    // [/hosts]
  }
  return options;
}

// [who]
std::string name_of(const std::shared_ptr<const socketio::peer_certificate>& shown) {
  return shown ? shown->subject : "somebody";  // "CN=alice"; also issuer, alt_names, fingerprint
}

void tell_who(socketio::server& io) {
  io.on("who am I",
        [](const socketio::socket& from) { return name_of(from.handshake().client_certificate); });
  io.get("/whoami", [](const http_request& request) {
    return http_response::text(200, name_of(request.client_certificate) + "\n");
  });
}
// [/who]

void tell_errors(socketio::server& io) {
  io.on_error([](std::exception_ptr what, std::string_view where) {
    try {
      std::rethrow_exception(what);
    } catch (const std::exception& error) {
      std::printf("%.*s: %s\n", static_cast<int>(where.size()), where.data(), error.what());
    }
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: %s <port> <certificate chain> <key> ...\n", argv[0]);
    return 1;
  }
  try {
    socketio::server io(secure_options(argc, argv));
    tell_who(io);
    tell_errors(io);
    // [reload]
    io.reload_certificates_on_signals();  // SIGHUP: reads the same files again
    // [/reload]
    return serve(io);
  } catch (const std::exception& error) {  // such as: tls: key "key.pem": No such file or directory
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
