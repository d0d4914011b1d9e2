// Peers that keep TLS itself busy: new keys and negotiations without end. They cost what they cost,
// and others are served in between. OpenSSL's client cannot be made to ask for a second negotiation
// while the first is refused, so that its records are made here, with its keys.
#include "net/tls_session.hpp"
#include "unit/net/tls_fixture.hpp"
#include "unit/net/websocket_fixture.hpp"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace socketio::test {
namespace {

// What a client of TLS 1.2 with AES-128-GCM seals (RFC 5246, section 6; RFC 5288, section 3).
class record_maker {
 public:
  // `records`: how many the client has sealed so far.
  record_maker(SSL* client, std::uint64_t records) : sequence_(records) {
    std::array<unsigned char, 48> master{};
    SSL_SESSION_get_master_key(SSL_get_session(client), master.data(), master.size());
    std::array<unsigned char, 64> randoms{};
    SSL_get_server_random(client, randoms.data(), 32);
    SSL_get_client_random(client, randoms.data() + 32, 32);
    std::string label = "key expansion", digest = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, master.data(), master.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, label.data(), label.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, randoms.data(), randoms.size()),
        OSSL_PARAM_construct_end()};
    const std::shared_ptr<EVP_KDF> kdf(EVP_KDF_fetch(nullptr, "TLS1-PRF", nullptr), EVP_KDF_free);
    const std::shared_ptr<EVP_KDF_CTX> context(EVP_KDF_CTX_new(kdf.get()), EVP_KDF_CTX_free);
    if (EVP_KDF_derive(context.get(), keys_.data(), keys_.size(), parameters) != 1)
      throw std::runtime_error("no keys");
  }

  std::string seal(unsigned char type, std::string_view text) {
    std::array<unsigned char, 13> about{};  // sequence, type, version, length
    for (int i = 0; i < 8; ++i)
      about[static_cast<std::size_t>(i)] = static_cast<unsigned char>(sequence_ >> (56 - 8 * i));
    ++sequence_;
    about[8] = type;
    about[9] = about[10] = 3;
    about[11] = static_cast<unsigned char>(text.size() >> 8);
    about[12] = static_cast<unsigned char>(text.size());
    std::array<unsigned char, 12> nonce{};
    std::copy_n(keys_.begin() + 32, 4, nonce.begin());
    std::copy_n(about.begin(), 8, nonce.begin() + 4);
    const std::shared_ptr<EVP_CIPHER_CTX> cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    std::vector<unsigned char> sealed(text.size());
    std::array<unsigned char, 16> tag{};
    int ignored = 0;
    EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr, keys_.data(), nonce.data());
    EVP_EncryptUpdate(cipher.get(), nullptr, &ignored, about.data(), about.size());
    EVP_EncryptUpdate(cipher.get(), sealed.data(), &ignored,
                      reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
    EVP_EncryptFinal_ex(cipher.get(), tag.data(), &ignored);
    EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag.size(), tag.data());
    const std::size_t length = 8 + sealed.size() + tag.size();
    std::string record{static_cast<char>(type), 3, 3, static_cast<char>(length >> 8),
                       static_cast<char>(length)};
    record.append(about.begin(), about.begin() + 8);
    record.append(sealed.begin(), sealed.end());
    return record.append(tag.begin(), tag.end());
  }

 private:
  std::array<unsigned char, 40> keys_{};  // the client's key, the server's, 4 bytes of each nonce
  std::uint64_t sequence_;
};

constexpr unsigned char handshake_record = 22, data_record = 23;

class TlsFlood : public websocket_fixture {
 protected:
  void serve_tls() {
    tls_options options = localhost_options();
    options.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
    tls = source_of(options);
    serve();
  }
  void open(tls_client& peer) {
    ASSERT_TRUE(peer.shake_hands()) << peer.why();
    ASSERT_EQ(peer.open_websocket(), 101u);
    ASSERT_TRUE(accepted.take());
  }
  static tls_client_options of_version(int version) {
    auto options = trusting();
    options.max_version = version;
    return options;
  }
};

// What is refused is refused again and again, and is no signature: the connection lives, because
// RFC 5746, section 4.5 makes the refusal a warning.
TEST_F(TlsFlood, NegotiationsAreRefusedAndTheConnectionLives) {
  serve_tls();
  tls_client peer(port, of_version(TLS1_2_VERSION)), stranger(port, of_version(TLS1_2_VERSION));
  open(peer);
  record_maker records(peer.ssl(), 2);  // the end of the handshake, the request
  const std::string hello = stranger.hello().substr(5);
  std::string flood;
  for (int i = 0; i < 1'000; ++i) flood += records.seal(handshake_record, hello);
  flood += records.seal(data_record, text_frame("still here"));
  peer.raw_send(flood);
  EXPECT_EQ(sink.messages.take(), "t:still here");
  EXPECT_EQ(counters().tls_handshakes_total, 1u);
  EXPECT_EQ(counters().tls_failed_total, 0u);
  peer.close();
  stranger.close();
  EXPECT_TRUE(all_connections_end());
}

// A flood that is in the kernel already is eaten in small pieces: between two of them there is a
// turn, and others are served.
TEST_F(TlsFlood, NewKeysWithoutEndLetOthersIn) {
  serve_tls();
  const int accepting = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int room = 4 * 1024 * 1024;
  ::setsockopt(accepting, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof any;
  ASSERT_EQ(::bind(accepting, reinterpret_cast<sockaddr*>(&any), sizeof any), 0);
  ASSERT_EQ(::listen(accepting, 1), 0);
  ASSERT_EQ(::getsockname(accepting, reinterpret_cast<sockaddr*>(&any), &length), 0);
  tls_client peer(ntohs(any.sin_port), of_version(TLS1_3_VERSION));
  const int descriptor = ::accept(accepting, nullptr, nullptr);
  ::close(accepting);
  net::loose_stream taken(descriptor, tls->current()->accept());
  ASSERT_TRUE(on_shard([&] { return listener().adopt(taken, {}); }));
  open(peer);

  std::string flood;
  while (flood.size() < 150'000) {
    SSL_key_update(peer.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED);
    SSL_do_handshake(peer.ssl());
    flood += peer.take_output();
  }
  // How much is unread, as often as there are turns.
  std::vector<int> unread;
  std::function<void()> look = [&] {
    int bytes = 0;
    ::ioctl(descriptor, FIONREAD, &bytes);
    unread.push_back(bytes);
    if (bytes > 0) shard().post(look);
  };
  on_shard([&] {
    peer.raw_send(flood);  // while the shard is busy with this
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    for (int bytes = 0; bytes < static_cast<int>(flood.size());) {
      ::ioctl(descriptor, FIONREAD, &bytes);
      if (std::chrono::steady_clock::now() > deadline) break;
    }
    look();
  });
  peer.send(text_frame("done"));
  EXPECT_EQ(sink.messages.take(), "t:done");
  const auto seen = on_shard([&] { return unread; });
  ASSERT_GE(seen.front(), 150'000);
  for (std::size_t i = 1; i < seen.size(); ++i) EXPECT_LE(seen[i - 1] - seen[i], 40'000) << i;
}

}  // namespace
}  // namespace socketio::test
