// What guests/bench/order.cc does, in JavaScript with the engine's own JSON.
export default {
  async fetch(request) {
    const order = await request.json();
    let quantity = 0;
    let cents = 0;
    const lines = order.items.map((item) => {
      const total = item.quantity * item.cents;
      quantity += item.quantity;
      cents += total;
      return { sku: item.sku, name: item.name, cents: total };
    });
    const text = JSON.stringify({ id: order.id, lines, quantity, cents });
    return new Response(text, { headers: { "content-type": "application/json" } });
  },
};
