//! The Rust server of the comparison: socketioxide on axum, with the handlers that every peer runs
//! (bench/peers/handlers.mjs). Default settings, but for the message limit and TCP_NODELAY, which
//! are set to what the official server has. One thread, as the others have: it costs less per
//! message than tokio's pool of threads, and acknowledgements keep their order.

use axum::serve::ListenerExt;
use serde_json::Value;
use socketioxide::extract::{AckSender, Data, Extension, SocketRef};
use socketioxide::SocketIo;
use tokio::io::AsyncReadExt;

#[derive(Clone)]
struct Room(String);

fn add_handlers(socket: &SocketRef) {
    socket.on("echo", async |Data::<String>(payload), ack: AckSender| {
        ack.send(&payload).ok();
    });
    socket.on(
        "echo-json",
        async |Data::<Value>(payload), ack: AckSender| {
            ack.send(&payload).ok();
        },
    );
    socket.on(
        "broadcast",
        async |Data::<String>(payload), io: SocketIo| {
            io.emit("message", &payload).await.ok();
        },
    );
}

fn add_room_handlers(socket: &SocketRef) {
    socket.on(
        "join",
        async |socket: SocketRef, Data::<String>(name), ack: AckSender| {
            socket.extensions.insert(Room(name.clone()));
            socket.join(name);
            ack.send(&[(); 0]).ok(); // an empty list of arguments
        },
    );
    socket.on(
        "room",
        async |Extension::<Room>(room), Data::<String>(payload), io: SocketIo| {
            io.to(room.0).emit("message", &payload).await.ok();
        },
    );
}

/// bench/run ends a server by closing its input.
async fn end_of_input() {
    let mut ignored = [0];
    while matches!(tokio::io::stdin().read(&mut ignored).await, Ok(1..)) {}
    std::process::exit(0);
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let three_handlers = std::env::args().any(|argument| argument == "--three-per-socket");
    let (layer, io) = SocketIo::builder().max_payload(1_000_000).build_layer();
    io.ns("/", async move |socket: SocketRef| {
        add_handlers(&socket);
        if !three_handlers {
            add_room_handlers(&socket);
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening {}", listener.local_addr()?.port());
    tokio::spawn(end_of_input());
    let listener = listener.tap_io(|stream| {
        stream.set_nodelay(true).ok();
    });
    axum::serve(listener, axum::Router::new().layer(layer)).await
}
