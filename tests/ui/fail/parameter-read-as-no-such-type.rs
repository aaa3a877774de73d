use powertools::parameters::Parameters;

struct Limits;

async fn read(parameters: Parameters) {
    let _ = parameters.get::<Limits>("/shop/limits").decrypt().await;
    let _ = parameters.get_many::<Limits>("/shop").await;
    let _ = parameters.get_by_name::<Limits>(["/shop/limits"]).await;
}

fn main() {
    let _ = read;
}
