// HTTPS and WSS: a certificate and its key, renewed without a restart; what is known of clients
// that have one too.
//
//   example_https 3443 chain.pem key.pem [authorities of the clients.pem]
#include "serve.hpp"

#include <exception>

using socketio::http_request;
using socketio::http_response;

namespace {

std::string name_of(const std::shared_ptr<const socketio::peer_certificate>& shown) {
  return shown ? shown->subject : "somebody";
}

int run(int argc, char** argv) {
  socketio::server_options options = options_from(argc, argv);
  options.tls = socketio::tls_options{.certificate = argv[2], .key = argv[3]};
  if (argc > 4) {
    options.tls->client = socketio::client_certificates::request;
    options.tls->client_authorities = argv[4];
  }
  socketio::server io(options);

  io.on("who am I",
        [](const socketio::socket& from) { return name_of(from.handshake().client_certificate); });
  io.get("/whoami", [](const http_request& request) {
    return http_response::text(200, name_of(request.client_certificate) + "\n");
  });

  // `kill -HUP` after the certificate was renewed; what is wrong with the new one is told here, and
  // the old one stays.
  io.reload_certificates_on_signals();
  io.on_error([](std::exception_ptr what, std::string_view where) {
    try {
      std::rethrow_exception(what);
    } catch (const std::exception& error) {
      std::printf("%.*s: %s\n", static_cast<int>(where.size()), where.data(), error.what());
    }
  });
  return serve(io);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: %s <port> <certificate chain> <key> [client authorities]\n",
                 argv[0]);
    return 1;
  }
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {  // such as: tls: key "key.pem": No such file or directory
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
